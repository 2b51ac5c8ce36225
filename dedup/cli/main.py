"""The front door: ``dedup COMMAND``. Gathers the commands, and turns every error into a sentence and a status.

Exit status, for all commands: 0 done; 1 ``--check`` was given and something stands over the threshold; 2 any error,
an input that had to be skipped included. `Root.invoke` is the only place that decides it.

Command modules import at their top what costs nothing, and the rest inside their functions: ``dedup --help`` must
answer before a person notices, and completion asks it at every press of a key.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

import dedup
from dedup import errand
from dedup.cli.manual import REPORT, STATUS, manual
from dedup.errors import DedupError

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

COMMANDS: tuple[str, ...] = (
    "scan",
    "compare",
    "explain",
    "clean",
    "report",
    "review",
    "evaluate",
    "index",
    "background",
    "doctor",
)
"""Modules of this package with a function ``register(app)``; in the order in which help lists them."""

# typer does not export click's errors and, of late, carries its own copy of click: the base of one that it exports
# is right in both worlds.
_UsageError = cast(type[Exception], typer.BadParameter.__base__)


class Root(TyperGroup):
    """The group of all commands, and the one place where an error becomes a sentence and a status."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; every way it can end leaves through here."""
        try:
            value = super().invoke(ctx)
            sys.stdout.flush()
        except (typer.Exit, typer.Abort, _UsageError):
            raise
        except DedupError as error:
            _complain(str(error))
        except KeyboardInterrupt:
            print("dedup: interrupted", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader has seen enough (``dedup scan … | head``): no error, and nothing more can be said.
            _abandon_stdout()
            raise typer.Exit(DONE) from None
        except OSError as error:
            _complain(_told(error))
        except MemoryError:
            _complain("there is not enough memory for this; give fewer inputs at a time")
        except RecursionError:
            _complain("an input is nested too deeply")
        except Exception as error:
            if os.environ.get("DEDUP_TRACEBACK"):
                raise
            _complain(
                f"this is a fault of dedup itself, please report it: {type(error).__name__}: {error} "
                "(DEDUP_TRACEBACK=1 shows where)"
            )
        return value


def _told(error: OSError) -> str:
    """Return a sentence for what the system refused.

    Where no file is named it was stdout, or numba keeping what it compiled: it does not go on without.
    """
    unnamed = "an output, or the folder that keeps compiled kernels (DEDUP_CACHE names another),"
    return f"{error.filename or unnamed} could not be read or written: {(error.strerror or str(error)).lower()}"


def _abandon_stdout() -> None:
    """Let what is still to be printed go nowhere, or Python would complain once more when it closes stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _complain(sentence: str) -> NoReturn:
    """Say on stderr what went wrong and leave with the status of an error."""
    from dedup.report.listing import visible

    print(f"dedup: {visible(sentence)}", file=sys.stderr)
    raise typer.Exit(FAILED)


HELP = manual(
    "Find duplicate and near-duplicate passages in Chinese reports.",
    "查找报告之间和报告内部的重复、近似重复内容，指出出处，区分疑似抄袭与套话、模板。",
    example="dedup scan reports/ --html report.html",
    output=REPORT,
    status=STATUS,
)

app = typer.Typer(
    name="dedup",
    cls=Root,
    no_args_is_help=True,
    # Plain help, for rich costs 0.2 s of it, and plain text can be searched, piped and put into docs/cli.md.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from dedup.params import Params

        print(f"dedup {dedup.__version__} (parameters {Params().digest()})")
        raise typer.Exit(DONE)


@app.callback(help=HELP)
def _root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="F", envvar="DEDUP_CONFIG", help="TOML file with options; dedup.toml here if there is one."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show version and parameters digest.")
    ] = False,
) -> None:
    """Take the options that belong to no command, and the file with those that do."""
    from dedup.cli import config as settings

    path = config or Path(settings.NAME)
    if config is not None or path.is_file():
        commands = cast(TyperGroup, ctx.command).commands
        ctx.default_map = settings.defaults(path, commands)
        # Said every time: options that nobody typed change a result.
        print(f"dedup: options from {path}", file=sys.stderr)


for _name in COMMANDS:
    import_module(f"dedup.cli.{_name}").register(app)


def run() -> None:
    """Run the command line: the console script ``dedup``, and ``python -m dedup``."""
    errand.begin()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Chinese shows question marks, not an error after an hour's work.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        try:
            app(prog_name="dedup")
        finally:
            errand.end()
            sys.stdout.flush()  # or what does not fit on a full disk would be missed when Python closes, past telling
    except BrokenPipeError:
        _abandon_stdout()
        sys.exit(DONE)
    except OSError as error:
        # Help and version are printed before any command is invoked.
        print(f"dedup: {_told(error)}", file=sys.stderr)
        _abandon_stdout()
        sys.exit(FAILED)
