"""``dedup.toml``: options that need not be typed each time.

    threshold = 0.8            # for every command that has the option

    [scan]                     # for one command
    min-chars = 30
    labels = ["copy", "self"]

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


def defaults(path: Path, commands: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
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
    known = {name: _options(command) for name, command in commands.items()}
    shared = {key: value for key, value in data.items() if not isinstance(value, dict)}
    problems = [f"no command has an option {key}" for key in shared if not any(key in one for one in known.values())]
    found = {name: _set(options, shared) for name, options in known.items()}
    for name, table in data.items():
        if not isinstance(table, dict):
            continue
        if name not in known:
            problems.append(f"there is no command {name}")
            continue
        problems += [f"{name} has no option {key}" for key in table if key not in known[name]]
        found[name] |= _set(known[name], table)
    if problems:
        raise FormatProblem(str(path), "; ".join(problems))
    return found


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
