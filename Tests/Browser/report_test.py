#!/usr/bin/env python3
"""Opens a report of 130 languages and 10 tokenizers in a real browser: size, console, network, sorting, choosing,
narrow windows, dark pages, paper. Prints one line a check that failed, then `N checks, M failed`.

  report_test.py TOKLAB [FOLDER]     FOLDER keeps the page and its screenshots
"""
import json
import math
import os
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


def result(languages=130, tokenizers=10):
    """A result as large as a real one, made of formulas."""
    rows, scripts = [], ["LATIN", "CYRILLIC", "ARABIC", "CJK", "DEVANAGARI", "ETHIOPIC", "TAMIL", "THAI", "KHMER", "LAO"]
    for t in range(tokenizers):
        for k in range(languages):
            premium = round(1 + (k % 37) * 0.11 * (1 + t / 7) + math.sin(k) / 5 + k / 80, 6) if k else 1
            for metric, value, unit in (
                    ("corpus_token_count", round(50000 * premium), "tokens"), ("premium", premium, "ratio"),
                    ("tokens_per_line", 25 * premium, "tokens/line"), ("bytes_per_token", 4.5 / premium, "bytes/token"),
                    ("characters_per_token", 4.1 / premium, "characters/token"), ("unknown_rate", 0, "share")):
                interval = metric == "premium" and k > 0
                rows.append({
                    "tokenizer": f"tokenizer-{t}", "tokenizer_sha256": f"{t}" * 64, "language": f"l{k:02}-Latn",
                    "metric": metric, "metric_version": 1, "value": value, "low": value - 0.03 if interval else None,
                    "high": value + 0.03 if interval else None, "estimator": "ratio_of_sums", "unit": unit, "n": 1997,
                    "encode_mode": "per_line", "null_reason": None, "special_tokens": "excluded", "normalization": "none",
                    "corpus_sha256": "c" * 64, "seed": 0})
        rows.append(dict(rows[-1], language=None, metric="gini", value=0.2 + t / 50, low=0.1, high=0.5))
    names = [{"language": f"l{k:02}-Latn", "name": f"Language number {k}", "script": scripts[k % len(scripts)]}
             for k in range(languages)]
    return {"schema": "toklab.score.premium/1", "rows": rows, "languages": names,
            "provenance": {"toklab": "0", "arguments": ["score", "premium"], "inputs": [], "seed": 0}}


def main():
    toklab = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else scratch
        source, page = os.path.join(scratch, "result.json"), os.path.join(folder, "report.html")
        with open(source, "w") as file:
            json.dump(result(), file)
        subprocess.run([toklab, "report", source, "-o", page, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        check("under 3 MB", os.path.getsize(page) < 3_000_000, os.path.getsize(page))
        with Browser(1200, 900) as browser:
            seconds = browser.open("file://" + page)
            check("opens at once", seconds < 5, f"{seconds:.2f} s")
            check("asks for nothing but itself", [u for u in browser.requests if not u.startswith("data:")] == ["file://" + page],
                  browser.requests)
            check("130 rows", browser.run("document.querySelectorAll('#premium table')[1].tBodies[0].rows.length") == 130)

            # Choosing a tokenizer shows its plot and hides the other.
            shown = "[...document.querySelectorAll('#premium .panel')].map(e => e.offsetHeight > 0)"
            check("one plot is shown", browser.run(shown) == [True] + [False] * 9, browser.run(shown))
            browser.click("label[for=premium-c3]")
            check("the chosen plot is shown", browser.run(shown)[3] and sum(browser.run(shown)) == 1, browser.run(shown))
            check("marks have hover values", browser.run(
                "document.querySelectorAll('#premium .panel')[3].querySelectorAll('svg g title').length") >= 129)

            # Sorting by a column, both ways, by value and not by text.
            column = """[...document.querySelectorAll('#premium table')[1].tBodies[0].rows].map(
                r => +(r.cells[2].dataset.v || r.cells[2].textContent))"""
            browser.run("document.querySelectorAll('#premium table')[1].querySelectorAll('th button')[2].id = 'sorter'")
            browser.click("#sorter")
            values = browser.run(column)
            check("sorts upwards", values == sorted(values))
            check("says so", browser.run("document.querySelector('#sorter').parentNode.ariaSort") == "ascending")
            browser.click("#sorter")
            check("sorts downwards", browser.run(column) == sorted(values, reverse=True))

            # Light and dark: text that can be read on its ground, by the contrast of WCAG.
            contrast = """(selector => { const rgb = c => c.match(/[0-9.]+/g).map(Number);
                const l = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 :
                    ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
                const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
                return Math.min(...[...document.querySelectorAll(selector)].map(e => { const a = l(rgb(getComputedStyle(e).color)),
                    b = l(ground(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); })); })"""
            for scheme in ("light", "dark"):
                browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                for selector in ("td[class*=q]", "figcaption", "a", "h1", "label"):
                    least = browser.run(f"{contrast}({json.dumps(selector)})")
                    check(f"{selector} is readable ({scheme})", least >= 4.5, least)
                if folder != scratch:
                    browser.screenshot(os.path.join(folder, f"report-{scheme}.png"), full=True)

            # Narrow: the page itself never scrolls sideways.
            browser.size(360, 700)
            check("fits 360 pixels", browser.run("document.documentElement.scrollWidth") <= 360,
                  browser.run("document.documentElement.scrollWidth"))
            if folder != scratch:
                browser.screenshot(os.path.join(folder, "report-narrow.png"))
            check("prints", len(browser.call("Page.printToPDF", printBackground=True)["data"]) > 10_000)
            check("no complaints in the console", browser.errors == [], browser.errors)
    print(f"{CHECKS['done']} checks, {CHECKS['failed']} failed")
    sys.exit(1 if CHECKS["failed"] else 0)


main()
