#!/usr/bin/env python3
"""The page of `toklab serve` in a real browser: types text, reads tokens, asks why; and what the server must refuse.
Prints one line a check that failed, then `N checks, M failed`.

  serve_test.py TOKLAB [FOLDER]     FOLDER keeps screenshots
"""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

from browser import Browser

CHECKS = {"done": 0, "failed": 0}


def check(what, condition, seen=""):
    CHECKS["done"] += 1
    if not condition:
        CHECKS["failed"] += 1
        print(f"failed: {what} {seen}")


class Server:
    def __init__(self, toklab, *arguments):
        self.process = subprocess.Popen([toklab, "serve", "--port", "0", *arguments], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            raise SystemExit("the server does not start: " + line)
        self.port = int(found[1])
        self.url = found[0]

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body is not None:
            try:
                connection.send(body)
            except OSError:
                pass
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


def manners(server, toklab, folder):
    """Limits, paths, origins."""
    status, headers, page = server.ask("GET", "/")
    check("the page", status == 200 and b"<title>toklab" in page, status)
    check("its headers", "default-src 'none'" in headers.get("Content-Security-Policy", "") and
          headers.get("X-Content-Type-Options") == "nosniff" and "Access-Control-Allow-Origin" not in headers, headers)
    check("it names nothing outside", not re.search(rb"https?://|src=|@import", page), page[:0])
    text = json.dumps({"text": "a fox"}).encode()
    status, _, answer = server.ask("POST", "/encode", text)
    check("an answer", status == 200 and len(json.loads(answer)) == 4, (status, answer[:200]))
    for path in ("/../etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/index.html", "/encode/x", "/%00", "/" + "a" * 5000):
        status, _, answer = server.ask("GET", path)
        check(f"nothing at {path}", status in (400, 403, 404) and b"root:" not in answer, status)
    for method in ("PUT", "DELETE", "OPTIONS"):
        check(f"no {method}", server.ask(method, "/encode")[0] in (404, 405), server.ask(method, "/encode")[0])
    check("no GET where text is sent", server.ask("GET", "/encode")[0] == 405)
    check("another host", server.ask("GET", "/", Host="evil.example")[0] == 403)
    check("another host's port", server.ask("GET", "/", Host=f"evil.example:{server.port}")[0] == 403)
    check("a host that only looks local", server.ask("GET", "/", Host="127.0.0.1.evil.example")[0] == 403)
    check("localhost", server.ask("GET", "/", Host=f"localhost:{server.port}")[0] == 200)
    check("another origin", server.ask("POST", "/encode", text, Origin="http://evil.example")[0] == 403)
    check("no origin at all", server.ask("POST", "/encode", text, Origin="null")[0] == 403)
    check("a fetch of another site", server.ask("GET", "/tokenizers", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")[0] == 403)
    check("the page's own origin", server.ask("POST", "/encode", text, Origin=f"http://127.0.0.1:{server.port}")[0] == 200)
    check("a form", server.ask("POST", "/encode", text, Content_Type="text/plain")[0] == 415)
    large = json.dumps({"text": "x" * 1_100_000}).encode()
    check("more than 200 kB", server.ask("POST", "/encode", large)[0] == 413)
    status = server.ask("POST", "/encode", json.dumps({"text": "ab " * 65_000}).encode())[0]
    check("nearly 200 kB", status == 200, status)
    for body in (b"", b"{", b"[1]", b'{"text": 3}', b'{"text": "\\ud800"}', b'{"other": "x"}', b"\xff\xfe", b"[" * 5000):
        status, _, answer = server.ask("POST", "/encode", body)
        check(f"bad JSON {body[:12]}", status == 400 and b"error" in answer, (status, answer[:100]))
    status, _, answer = server.ask("POST", "/explain", b'{"text": "x", "tokenizer": 9}')
    check("no such tokenizer", status == 400, answer)
    status, _, answer = server.ask("POST", "/explain", json.dumps({"text": "x" * 3000, "tokenizer": 0}).encode())
    check("too much to explain", status == 400 and b"at most" in answer, answer)
    # The same ids as the command.
    line = "Ёжик İstanbul 猫 <|end|> don't"
    for special in (False, True):
        body = json.dumps({"text": line, "special": special}).encode()
        found = json.loads(server.ask("POST", "/encode", body)[2])
        more = ["--allow-special", "all"] if special else []
        for one in found:
            done = subprocess.run([toklab, "encode", "-t", os.path.join(folder, one["tokenizer"] + ".json"), *more], text=True,
                                  input=line, capture_output=True)
            check(f"ids of {one['tokenizer']}", done.stdout.split() == [str(t[0]) for t in one["tokens"]], (done.stdout, one))
            check(f"bytes of {one['tokenizer']}", all(re.fullmatch(r"([0-9a-f]{2}( |$))*", t[4]) for t in one["tokens"]))
    # Only this machine: the server does not listen on other addresses.
    with socket.socket() as other:
        other.settimeout(2)
        try:
            own = socket.gethostbyname(socket.gethostname())
            reached = own.startswith("127.") is False and other.connect_ex((own, server.port)) == 0
        except OSError:
            reached = False
        check("loopback only", not reached)


def browse(server, folder):
    with Browser(1200, 900) as browser:
        browser.open(server.url)
        browser.wait("document.querySelectorAll('.card').length == 4")
        browser.type("#text", "The fox jumps. Быстрая лиса 敏捷 <|end|>")
        browser.wait("document.querySelectorAll('.card .tokens button').length > 20")
        first = "[...document.querySelectorAll('.card')[0].querySelectorAll('.tokens')[0].querySelectorAll('button')]"
        check("the tokens spell the text", browser.run(f"{first}.map(b => b.title.split('\\n')[1].slice(6)).join(' ').trim()") ==
              " ".join(f"{byte:02x}" for byte in "The fox jumps. Быстрая лиса 敏捷 <|end|>".encode()))
        check("counts", str(browser.run(f"{first}.length")) + " tokens" in browser.run("document.querySelector('.facts').textContent"))
        check("neighbours differ in colour", browser.run(
            f"{first}.map(b => getComputedStyle(b).backgroundColor).every((c, k, all) => c != 'rgba(0, 0, 0, 0)' && c != all[k + 1])"))
        check("parts of characters are marked", browser.run("document.querySelectorAll('.partial').length") > 0)
        # Unknown tokens are special too; here the one that was typed counts.
        typed = "[...document.querySelectorAll('.special')].filter(e => e.textContent == '<|end|>').length"
        check("no special token yet", browser.run(typed) == 0)
        browser.click("#special")
        browser.wait(typed + " == 2")
        browser.click("#ids")
        browser.wait("document.querySelectorAll('.tokens small').length > 20")

        browser.type("#other", "The quick fox jumps.")
        browser.type("#price", "2.5")
        browser.wait("document.querySelectorAll('.premium').length == 4")
        counts = [len(browser.run(f"[...document.querySelectorAll('.card')[0].querySelectorAll('.tokens')[{k}].querySelectorAll('button')].map(b => 1)"))
                  for k in (0, 1)]
        shown = browser.run("document.querySelector('.premium').textContent")
        check("premium", shown == f", premium {counts[0] / counts[1]:.3f}", (shown, counts))
        browser.wait("document.querySelector('.facts').textContent.includes('costs')")

        for card, words in ((0, "rank"), (1, "best sum"), (2, "rank"), (3, "no token")):
            browser.run(f"document.querySelectorAll('.card')[{card}].querySelectorAll('.tokens button')[1].id = 'asked{card}'")
            browser.click(f"#asked{card}")
            text = browser.wait(f"document.querySelectorAll('.card')[{card}].querySelector('.why .chosen') && "
                                f"document.querySelectorAll('.card')[{card}].querySelector('.why').textContent")
            check(f"why, tokenizer {card}", words in text, text[:300])
        if folder:
            browser.screenshot(os.path.join(folder, "serve-light.png"), full=True)

        address = browser.run("location.href")
        check("the address holds the text", "#text=" in address and "special=1" in address, address)
        check("no server sees it", all("#" not in url and "fox" not in url for url in browser.requests if "?" in url) and
              {url for url in browser.requests if not url.startswith("data:")} <=
              {address, server.url, server.url + "encode", server.url + "explain", "about:blank"}, set(browser.requests))
        browser.open("about:blank")
        browser.open(address)
        browser.wait("document.querySelectorAll('.premium').length == 4")
        check("sharing", browser.run("document.querySelector('#other').value") == "The quick fox jumps.")

        # Markup stays text.
        browser.run("document.querySelector('#ids').checked = false")
        browser.run("document.querySelector('#text').value = '<img src=x onerror=alert(1)><b>x</b>'")
        browser.run("document.querySelector('#text').dispatchEvent(new Event('input'))")
        browser.wait("document.querySelector('.tokens').textContent.includes('<img')")
        check("markup is text", browser.run("document.querySelectorAll('.cards img, .cards b:not(.premium)').length") == 0)
        browser.size(360, 800)
        check("fits 360 pixels", browser.run("document.documentElement.scrollWidth") <= 360,
              browser.run("document.documentElement.scrollWidth"))
        if folder:
            browser.screenshot(os.path.join(folder, "serve-narrow.png"))
        check("no complaints in the console", browser.errors == [], browser.errors)
        if folder:
            with Browser(1200, 900, dark=True) as dark:
                dark.open(address)
                dark.wait("document.querySelectorAll('.premium').length == 4")
                dark.screenshot(os.path.join(folder, "serve-dark.png"), full=True)


def main():
    toklab = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "text.txt"), "w", encoding="utf-8") as file:
            file.write("The quick brown fox jumps over the lazy dog; the dogs jump too. Быстрая лиса прыгает. 敏捷的狐狸。\n" * 3)
        for name, arguments in (
                ("bpe", ["bpe", "--vocab-size", "330", "--special", "eos=<|end|>"]), ("unigram", ["unigram", "--vocab-size", "90"]),
                ("second", ["bpe", "--vocab-size", "300", "--pre-tokenizer", "gpt2", "--special", "<|end|>"]),
                ("wordpiece", ["wordpiece", "--vocab-size", "120"])):
            subprocess.run([toklab, "train", *arguments, os.path.join(folder, "text.txt"), "-q", "-o",
                            os.path.join(folder, name + ".json")], check=True, capture_output=True)
        tokenizers = [word for name in ("bpe", "unigram", "second", "wordpiece")
                      for word in ("-t", os.path.join(folder, name + ".json"))]
        server = Server(toklab, *tokenizers)
        try:
            manners(server, toklab, folder)
            browse(server, os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None)
        finally:
            server.close()
        bad = subprocess.run([toklab, "serve", "-t", "/no/such"], capture_output=True, text=True)
        check("no such tokenizer", bad.returncode == 2 and "/no/such" in bad.stderr, bad.stderr)
        none = subprocess.run([toklab, "serve"], capture_output=True, text=True)
        check("no tokenizer", none.returncode == 64 and none.stderr.startswith("toklab: error: no tokenizer"), none.stderr)
        check("one line", bad.stderr.count("\n") == 1, bad.stderr)
    print(f"{CHECKS['done']} checks, {CHECKS['failed']} failed")
    sys.exit(1 if CHECKS["failed"] else 0)


main()
