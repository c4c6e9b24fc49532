"""The verbs and options of toklab, as the programs themselves describe them (--experimental-dump-help).

`toklab sweep` and `toklab serve` become programs of their own; their trees take the places of these verbs.
"""

import json
import pathlib
import subprocess


def _dump(program):
    run = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True)
    return json.loads(run.stdout)["command"]


def read(toklab):
    """The root command: a dictionary with `commandName`, `abstract`, `arguments` and `subcommands`."""
    root = _dump(toklab)
    commands = [child for child in root["subcommands"] if child["commandName"] != "help"]
    for place, command in enumerate(commands):
        name = command["commandName"]
        if name in ("sweep", "serve"):
            beside = pathlib.Path(toklab).resolve().parent / f"toklab-{name}"
            commands[place] = {**_dump(str(beside)), "commandName": name}
    root["subcommands"] = commands
    return root


def walk(command, path=()):
    """Yields (words of the command, command) for the command and everything below it."""
    path = (*path, command["commandName"])
    yield path, command
    for child in command.get("subcommands", []):
        if child["commandName"] != "help" and child.get("shouldDisplay", True):
            yield from walk(child, path)


def spellings(argument):
    """`-t`, `--tokenizer`, … of an option or a flag; nothing for a positional argument."""
    order = {"short": 0, "longWithSingleDash": 1, "long": 2}
    names = sorted(argument.get("names", []), key=lambda name: order[name["kind"]])
    return [("--" if name["kind"] == "long" else "-") + name["name"] for name in names]


def shown(command):
    """The arguments of a command that help shows, --help and --version last."""
    return [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
