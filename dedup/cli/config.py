"""``dedup.toml``: options that need not be typed each time.

    threshold = 0.8            # for every command that has the option

    [scan]                     # for one command
    min-chars = 30
    labels = ["copy", "self"]

    [index.add]                # for a command of a group; [index] is for all of them
    jobs = 2

The command line wins over the environment, both over the command's table, that over the top of the file. Unknown
names are errors, for a misspelt option that is passed over would be believed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dedup.errors import FormatProblem

NAME = "dedup.toml"
"""The file that is read from the working folder where ``--config`` names no other."""


def defaults(path: Path, commands: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that a file gives to each command, as click's ``default_map`` wants them.

    Parameters
    ----------
    path : Path
        A TOML file.
    commands : mapping of str to command
        The commands by name; each lists its ``params``.

    Raises
    ------
    FormatProblem
        If the file cannot be read, is no TOML, or names an option or command that there is not; all are named.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FormatProblem(str(path), f"it cannot be read as TOML ({error})") from error
    problems = [
        f"no command has an option {key}"
        for key, value in data.items()
        if not isinstance(value, dict) and not _anywhere(commands, key)
    ]
    found = _of_group(commands, data, {}, "", problems)
    if problems:
        raise FormatProblem(str(path), "; ".join(problems))
    return found


def _of_group(
    commands: Mapping[str, Any], data: Mapping[str, Any], above: Mapping[str, Any], within: str, problems: list[str]
) -> dict[str, Any]:
    """Return the defaults of each command of a group; what cannot be is added to the problems.

    ``data`` is the group's table, ``above`` what the tables around it give to all commands below.
    """
    shared = {**above, **{key: value for key, value in data.items() if not isinstance(value, dict)}}
    found: dict[str, Any] = {}
    for name, command in commands.items():
        table = data.get(name, {})
        if not isinstance(table, dict):
            continue
        inner = getattr(command, "commands", None)
        known = _options(command)
        if inner is not None:
            problems += [
                f"{within}{name} has no option {key}"
                for key, value in table.items()
                if not isinstance(value, dict) and not _anywhere(inner, key)
            ]
            found[name] = _of_group(inner, table, shared, f"{within}{name} ", problems)
            continue
        problems += [f"{within}{name} has no option {key}" for key in table if key not in known]
        found[name] = _set(known, shared) | _set(known, table)
    problems += [
        f"there is no command {within}{key}"
        for key, value in data.items()
        if isinstance(value, dict) and key not in commands
    ]
    return found


def _anywhere(commands: Mapping[str, Any], key: str) -> bool:
    """Whether some command of a group, or of a group in it, has an option of that name."""
    return any(
        key in _options(command) or _anywhere(getattr(command, "commands", {}), key) for command in commands.values()
    )


def _options(command: Any) -> dict[str, Any]:
    """Return a command's options by their names as typed, without dashes."""
    return {
        name.removeprefix("--"): param
        for param in command.params
        if param.param_type_name == "option"
        for name in param.opts
        if name.startswith("--")
    }


def _set(options: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by parameter, each as the command line would give it; what is no option here is left out."""
    return {options[name].name: _typed(options[name], value) for name, value in values.items() if name in options}


def _typed(option: Any, value: Any) -> Any:
    if isinstance(value, list) and not option.multiple:
        return ",".join(map(str, value))
    # true is 1 to Python, and a threshold of true would be taken for 1.
    return str(value) if isinstance(value, bool) and not option.is_flag else value
