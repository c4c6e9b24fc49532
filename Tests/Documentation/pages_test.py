#!/usr/bin/env python3
"""README and docs: links lead somewhere, commands name verbs and options that exist, and docs/faq.md prints what is true.

    Tests/Documentation/pages_test.py .build/release/toklab            # --record writes the output of docs/faq.md anew
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import checks  # first: it says where the next one is
import command_tree
from checks import ROOT, check, finish

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page):
    """The names that a page's headings have as targets of links."""
    found = set()
    for line in page.read_text().split("\n"):
        if line.startswith("#"):
            text = re.sub(r"[^\w\s-]", "", line.lstrip("#").strip().lower())
            found.add(text.replace(" ", "-"))
    return found


def links(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        check(file.exists(), f"{page.name}: the link {target} leads nowhere")
        if anchor and file.suffix == ".md" and file.exists():
            check(anchor in anchors(file), f"{page.name}: {target}: no such heading")


def commands(page):
    """Command lines that a page shows: indented or fenced, with or without a prompt; continued lines joined."""
    text = page.read_text().replace("\\\n", " ")
    for line in text.split("\n"):
        if match := re.match(r"(?:    )(?:\$ )?(.*\btoklab .*)", line):
            yield match.group(1)


def parse(page, line, tree):
    if not re.match(r"(\$ )?(toklab |\S+ .*\| *toklab |toklab$)", line) or re.match(r"toklab: ", line):
        return
    for part in re.split(r"\s[|&;]+\s", re.sub(r"\s#.*", "", line)):
        try:
            words = shlex.split(part.strip())
        except ValueError:
            words = part.split()
        if not words or words[0] != "toklab":
            continue
        command, words = tree, words[1:]
        while words and command.get("subcommands"):
            named = {child["commandName"]: child for child in command["subcommands"]}
            if words[0] in named:
                command, words = named[words[0]], words[1:]
            elif command.get("defaultSubcommand"):
                command = named[command["defaultSubcommand"]]
            else:
                break
        check(not command.get("subcommands") or any(word in ("--help", "--version") or word.startswith("--gen") for word in words)
              or words[:1] == ["VERB"], f"{page.name}: no such verb: {line}")
        known = {name for argument in command.get("arguments", []) for name in command_tree.spellings(argument)}
        for word in words:
            if re.match(r"--?[a-z]", word):
                name = word.split("=")[0]
                general = name.startswith("--generate") or name in ("--help", "--version")
                check(name in known or general, f"{page.name}: {command['commandName']} has no {name}: {line}")


def faq(toklab, record):
    """Runs the commands of docs/faq.md one after another; what stands below each must be what it printed."""
    page = ROOT / "docs/faq.md"
    lines, written, place = page.read_text().split("\n"), [], 0
    with tempfile.TemporaryDirectory(prefix="toklab-faq-") as folder:
        environment = {**os.environ, "PATH": f"{pathlib.Path(toklab).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        while place < len(lines):
            line = lines[place]
            written.append(line)
            place += 1
            if not line.startswith("    $ "):
                continue
            expected = []
            while place < len(lines) and lines[place].startswith("    ") and not lines[place].startswith("    $ "):
                expected.append(lines[place][4:])
                place += 1
            done = subprocess.run(["bash", "-c", line[6:]], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            found = [text.rstrip() for text in done.stdout.decode(errors="replace").rstrip("\n").split("\n") if text.strip()]
            written += ["    " + text for text in found]
            check([text.rstrip() for text in expected] == found, f"faq.md: {line.strip()}: printed {found}, not {expected}")
    if record:
        page.write_text("\n".join(written))


def main():
    toklab = str(pathlib.Path(sys.argv[1]).resolve())
    tree = command_tree.read(toklab)
    for page in PAGES:
        links(page)
        for line in commands(page):
            parse(page, line, tree)
    check(checks.count > 150, f"only {checks.count} links and options were found")
    faq(toklab, "--record" in sys.argv)
    finish()


if __name__ == "__main__":
    main()
