#!/usr/bin/env python3
"""Installs the programs in a temporary folder and holds the man pages and completions against --help.

    Tests/Documentation/manual_test.py .build/release/toklab
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from checks import ROOT, check, finish  # first: it says where the next one is
import command_tree


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def rendered(page):
    """A page as text on one long line, as `man` shows it, else as the source reads without its escapes."""
    text = page.read_text(encoding="utf-8")
    for escape, meaning in (("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\(aq", "'"), ("\\(ga", "`"),
                            ("\\(ha", "^"), ("\\(ti", "~"), ("\\-", "-"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, meaning)
    return " ".join(text.split())


def warnings(page):
    """What groff has to say about a page; nothing where there is no man."""
    if not shutil.which("man"):
        return ""
    environment = {**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"}
    return run("man", "--warnings", "-E", "UTF-8", "-l", page, env=environment).stderr


def help_options(text):
    """The options that --help shows, in its own layout."""
    found = set()
    for line in text.split("\n"):
        if re.match(r"  -", line):
            found |= set(re.findall(r"(?<![\w<-])--?[a-zA-Z][\w-]*", re.split(r"\s{2,}|<", line.strip())[0]))
    return found


def pages(toklab, folder):
    tree = command_tree.read(str(toklab))
    expected = set()
    for path, command in command_tree.walk(tree):
        name = "-".join(path)
        expected.add(f"{name}.1")
        page = folder / f"{name}.1"
        check(page.exists(), f"{name}.1 is missing")
        if not page.exists():
            continue
        text = rendered(page)
        complaint = warnings(page)
        check(not complaint, f"{name}.1: {complaint.strip()}")
        for argument in command_tree.shown(command):
            said = " ".join(argument.get("abstract", "").split())
            check(bool(said) and said in text, f"{name}.1 does not say: {argument['valueName']}: {said}")
        shown = run(toklab, *path[1:], "--help", env={**os.environ, "COLUMNS": "100"})
        check(shown.returncode == 0, f"{' '.join(path)} --help ends with {shown.returncode}")
        options = help_options(shown.stdout)
        check("--help" in options, f"{name}: no options were found in its help")
        for option in options:
            check(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{name}.1 lacks {option}")
    there = {page.name for page in folder.iterdir()}
    check(there == expected, f"pages without a verb: {sorted(there - expected)}")
    check(len(expected) > 60, f"only {len(expected)} pages")
    return tree


def completed(script, *words):
    """What bash offers for the last of the words."""
    line = " ".join(words)
    program = f"""
      source '{script}'
      COMP_WORDS=({' '.join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
      COMP_LINE='{line}'; COMP_POINT={len(line)}
      "$(complete -p toklab | sed 's/.*-F \\([^ ]*\\).*/\\1/')" toklab '{words[-1]}' '{words[-2]}'
      printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    result = run("bash", "-c", program)
    check(not result.stderr, f"bash: {result.stderr.strip()}")
    return {word.strip() for word in result.stdout.split("\n") if word.strip()}


def completions(share, tree):
    scripts = {
        "bash": share / "bash-completion/completions/toklab",
        "zsh": share / "zsh/site-functions/_toklab",
        "fish": share / "fish/vendor_completions.d/toklab.fish",
    }
    for shell, script in scripts.items():
        text = script.read_text(encoding="utf-8")
        check("vocab-size" in text, f"{script.name} knows no --vocab-size")
        if shutil.which(shell):
            parsed = run(shell, "-n", script)
            check(parsed.returncode == 0, f"{shell} -n: {parsed.stderr.strip()}")
    bash = scripts["bash"]
    verbs = {command["commandName"]: command for command in tree["subcommands"]}
    offered = completed(bash, "toklab", "")
    check(set(verbs) <= offered, f"not offered: {sorted(set(verbs) - offered)}")
    check(completed(bash, "toklab", "transp") == {"transplant"}, "transp does not become transplant")
    check({"--vocab-size", "--vocab-sizes"} <= completed(bash, "toklab", "train", "bpe", "--vocab"), "train bpe --vocab")
    check(completed(bash, "toklab", "encode", "--format", "") >= {"ids", "tokens", "u16"}, "encode --format")
    # The list stands in Sources/toklab/Commands/Sweep.swift, the subcommands in another program.
    inside = {command["commandName"] for command in verbs["sweep"]["subcommands"]} - {"help"}
    check(completed(bash, "toklab", "sweep", "") >= inside, f"toklab sweep offers other than {sorted(inside)}")


def main():
    toklab = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="toklab-install-") as folder:
        prefix = pathlib.Path(folder) / "usr"
        made = run(ROOT / "Scripts/install.sh", toklab.parent, prefix)
        check(made.returncode == 0, f"install.sh: {made.stderr.strip()}")
        if made.returncode == 0:
            # No library path: the installed programs find what they need beside themselves.
            bare = {"PATH": "/usr/bin:/bin"}
            installed = prefix / "bin/toklab"
            check(run(installed, "--version", env=bare).stdout == run(toklab, "--version").stdout, "--version")
            check("[sweep]" in run(installed, "sweep", "plan", "--example", env=bare).stdout, "toklab sweep does not start")
            check(run(installed, "serve", "--help", env=bare).returncode == 0, "toklab serve does not start")
            tree = pages(toklab, prefix / "share/man/man1")
            completions(prefix / "share", tree)
            again = run(ROOT / "Scripts/install.sh", toklab.parent, prefix)
            check(again.returncode == 0, f"a second install: {again.stderr.strip()}")
    finish()


if __name__ == "__main__":
    main()
