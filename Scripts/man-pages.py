#!/usr/bin/env python3
"""Writes the man pages of toklab, one a verb, out of what the programs say about themselves.

    Scripts/man-pages.py .build/release/toklab FOLDER
"""

import pathlib
import re
import subprocess
import sys

import command_tree

EXIT_STATUS = [
    ("0", "Done."),
    ("1", "A check found a difference, or a gate failed."),
    ("2", "Failed: bad input, a file that cannot be read or written, a value that the data rule out."),
    ("64", "The command line is wrong."),
    ("130", "Interrupted; nothing is left half-written."),
]


def escaped(text):
    """Text as roff shows it: backslashes and hyphens as such, no line taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return re.sub(r"^\.", r"\\&.", text, flags=re.MULTILINE)


def paragraphs(text):
    """Blocks that stand apart in help; indented ones keep their lines."""
    lines = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if all(line.startswith("  ") for line in block.split("\n")):
            lines += [".PP", ".nf", *map(escaped, block.split("\n")), ".fi"]
        else:
            lines += [".PP", *map(escaped, block.split("\n"))]
    return lines


def described(argument):
    value = escaped(argument["valueName"])
    names = [f"\\fB{escaped(name)}\\fR" for name in command_tree.spellings(argument)]
    if argument["kind"] == "positional":
        head = f"\\fI{value}\\fR"
    elif argument["kind"] == "flag":
        head = ", ".join(names)
    else:
        head = ", ".join(names) + f" \\fI{value}\\fR"
    if argument.get("isRepeating"):
        head += " ..."
    lines = [".TP", head, *escaped(argument.get("abstract", "")).split("\n")]
    if values := argument.get("allValues"):
        lines.append("Values: " + ", ".join(map(escaped, values)) + ".")
    if (default := argument.get("defaultValue")) not in (None, ""):
        lines.append(f"Default: {escaped(default)}.")
    return lines


def synopsis(path, command):
    words = [f"\\fB{escaped(' '.join(path))}\\fR"]
    if command.get("subcommands"):
        default = command.get("defaultSubcommand")
        words.append("[\\fIcommand\\fR]" if default else "\\fIcommand\\fR")
    arguments = command_tree.shown(command)
    for argument in arguments:
        if argument["kind"] == "option" and not argument.get("isOptional"):
            words.append(
                f"\\fB{escaped(command_tree.spellings(argument)[-1])}\\fR \\fI{escaped(argument['valueName'])}\\fR")
    words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            name = f"\\fI{escaped(argument['valueName'])}\\fR" + (" ..." if argument.get("isRepeating") else "")
            words.append(f"[{name}]" if argument.get("isOptional") else name)
    return " ".join(words)


def page(path, command, version, parent):
    name = "-".join(path)
    lines = [
        "'\\\" t -*- coding: UTF-8 -*-",
        ".\\\" Written by Scripts/man-pages.py from the program itself.",
        f".TH {escaped(name.upper())} 1 \"\" \"toklab {version}\" \"toklab\"",
        ".SH NAME", f"{escaped(name)} \\- {escaped(command['abstract'].rstrip('.'))}",
        ".SH SYNOPSIS", synopsis(path, command),
        ".SH DESCRIPTION", *paragraphs(command["abstract"]),
    ]
    lines += paragraphs(command.get("discussion", "")) if command.get("discussion") else []

    if command.get("subcommands"):
        lines.append(".SH COMMANDS")
        for words, child in command_tree.walk(command, path[:-1]):
            if len(words) == len(path) + 1:
                lines += [".TP", f"\\fB{escaped('-'.join(words))}\\fR(1)", escaped(child["abstract"])]

    sections = {}
    for argument in command_tree.shown(command):
        title = argument.get("sectionTitle") or ("Arguments" if argument["kind"] == "positional" else "Options")
        sections.setdefault(title, []).append(argument)
    # What the verb itself takes comes first, what all verbs share last.
    order = ["Arguments", "Options"]
    for title in sorted(sections, key=lambda title: (title == "Common Options", order.index(title) if title in order else 9)):
        lines.append(f".SH {escaped(title.upper())}")
        for argument in sections[title]:
            lines += described(argument)

    lines.append(".SH EXIT STATUS")
    for status, meaning in EXIT_STATUS:
        lines += [".TP", f"\\fB{status}\\fR", escaped(meaning)]
    others = [parent] if parent else []
    lines += [".SH SEE ALSO", ", ".join(f"\\fB{escaped(other)}\\fR(1)" for other in others)
              or "The documentation of the project: README.md and docs/."]
    return name, "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: man-pages.py TOKLAB FOLDER")
    toklab, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    version = subprocess.run([toklab, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    folder.mkdir(parents=True, exist_ok=True)
    for path, command in command_tree.walk(command_tree.read(toklab)):
        name, text = page(path, command, version, "-".join(path[:-1]))
        (folder / f"{name}.1").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
