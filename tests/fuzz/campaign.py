"""Run the fuzz targets and keep the ledger: ``python -m tests.fuzz.campaign --seconds 300 read-html scan``.

Each target runs in a process of its own under Atheris (libFuzzer with the coverage of Python code), for so many
seconds, from the corpus that earlier runs left. A fault does not end the run: its input is kept under the name of
what was raised and where, and the run goes on. The ledger (tests/fuzz/ledger.json) is added to by the program alone:
seconds by the clock and of CPU, executions, inputs kept; docs/reliability.md says what it says and no more.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LEDGER = HERE / "ledger.json"
WORK = Path(os.environ.get("DEDUP_FUZZ_WORK", HERE.parent.parent / ".fuzz"))
GROWTH_MIB = 512
"""Memory that one input may add to the process."""
# Modules whose branches guide the mutator; parsers written in C are blind spots.
_GUIDING = ["dedup", "olefile", "zipfile", "gzip", "csv", "json", "xml", "defusedxml", "starlette"]
# numba compiles from bytecode and does not know Atheris's calls; modules have to be named one by one
_COMPILED = [f"dedup.kernels.{path.stem}" for path in (HERE.parent.parent / "dedup" / "kernels").glob("*.py")]


def names() -> dict[str, bool]:
    """Return the name of every target and whether it is compiled, read in a process that imports them for good."""
    code = "from tests.fuzz.campaign import targets; print({n: t.jit for n, t in targets().items()})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env(True))
    found: dict[str, bool] = json.loads(
        told.stdout.replace("'", '"').replace("True", "true").replace("False", "false")
    )
    return found


def targets() -> dict[str, Any]:
    """Return every target by name."""
    from tests.fuzz import files, readers, texts

    return {**readers.TARGETS, **texts.TARGETS, **files.TARGETS}


def table(ledger: dict[str, Any], modes: dict[str, str]) -> str:
    """Return the ledger as a table of docs/reliability.md: a row a target, and below it one for each of its modes.

    Parameters
    ----------
    ledger : dict
    modes : dict
        By run, the target that it is a mode of; empty where the run is the target's only or first one.
    """
    lines = ["| target | minutes | of them CPU | executions | slowest, CPU s |", "|---|---:|---:|---:|---:|"]
    for name in (name for name, of in modes.items() if not of):
        runs = [one for one in (name, *(mode for mode, of in modes.items() if of == name)) if one in ledger]
        if runs:
            lines.append(_line(name, [ledger[one] for one in runs]))
        if len(runs) > 1:
            lines += [_line(f"– {'uncompiled' if modes[one] else 'compiled'}", [ledger[one]]) for one in runs]
    return "\n".join([*lines, _line("**all**", list(ledger.values()))]) + "\n"


def _line(title: str, rows: list[dict[str, Any]]) -> str:
    seconds, cpu, executions = (sum(row[field] for row in rows) for field in ("seconds", "cpu_seconds", "executions"))
    slowest = max(row["slowest"] for row in rows)
    return f"| {title} | {seconds / 60:.1f} | {cpu / 60:.1f} | {int(executions):,} | {slowest} |"


def main() -> int:
    """Run targets one after another, so many seconds each, and add to the ledger."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="targets; all where none is named")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    parser.add_argument("--table", action="store_true", help="print the ledger as docs/reliability.md has it")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.table:
        print(table(json.loads(given.ledger.read_text()), {name: one.of for name, one in targets().items()}))
        return 0
    if given.child:
        return _child(given.child, given.seconds)
    for name, jit in names().items():
        if not given.names or name in given.names:
            _enter(given.ledger, name, _run(name, jit, given.seconds))
    return 0


def _env(jit: bool) -> dict[str, str]:
    return {**os.environ, "NUMBA_DISABLE_JIT": "0" if jit else "1", "PYTHONUTF8": "1", "PYTHONPATH": "."}


def _run(name: str, jit: bool, seconds: int) -> dict[str, Any]:
    """Run a target in a process of its own and return what it did."""
    folder = WORK / name
    for part in ("corpus", "found"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    before = {path.name for path in (folder / "found").iterdir()}
    (folder / "told.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.campaign", "--child", name, "--seconds", str(seconds)]
    with (folder / "log").open("w") as log:
        status = subprocess.run(command, stdout=log, stderr=log, check=False, env=_env(jit)).returncode
    told = json.loads((folder / "told.json").read_text()) if (folder / "told.json").is_file() else {}
    tail = (folder / "log").read_text(errors="replace")
    lasted = told.get("seconds", 0.0)
    edges = re.findall(r"cov: (\d+)", tail)
    new = sorted({path.name for path in (folder / "found").iterdir()} - before)
    print(
        f"{name}: {told.get('executions', 0)} executions in {lasted:.0f} s, status {status}, new: {new}", flush=True
    )
    return {
        "seconds": lasted,
        "cpu_seconds": told.get("cpu", 0.0),
        "executions": told.get("executions", 0),
        "slowest": told.get("slowest", 0.0),
        "edges": int(edges[-1]) if edges else None,
        "corpus": len(list((folder / "corpus").iterdir())),
        "status": status,
    }


def _enter(path: Path, name: str, row: dict[str, Any]) -> None:
    """Add a run to the ledger."""
    ledger = json.loads(path.read_text()) if path.is_file() else {}
    entry = ledger.setdefault(name, {"runs": 0, "seconds": 0, "cpu_seconds": 0, "executions": 0, "slowest": 0})
    entry["runs"] += 1
    for field in ("seconds", "cpu_seconds", "executions"):
        entry[field] = round(entry[field] + row[field], 1)
    entry["slowest"] = max(entry["slowest"], row["slowest"])
    entry |= {"edges": row["edges"], "corpus": row["corpus"]}
    if row["status"]:
        entry["ended_badly"] = entry.get("ended_badly", 0) + 1
    path.write_text(json.dumps(dict(sorted(ledger.items())), indent=1) + "\n")


def _child(name: str, seconds: int) -> int:
    """Fuzz one target in this process; does not return."""
    import atheris

    jit = os.environ.get("NUMBA_DISABLE_JIT") != "1"
    with atheris.instrument_imports(include=_GUIDING, exclude=_COMPILED if jit else []):
        import dedup
        import dedup.archive
        import dedup.pipeline
        import dedup.read.archive
        import dedup.read.docx
        import dedup.read.html
        import dedup.read.office
        import dedup.read.pdf
        import dedup.read.table
        import dedup.read.text
        import dedup.steps.align
        import dedup.steps.anchor
        import dedup.steps.label  # noqa: F401

        target = targets()[name]
    folder = WORK / name
    for seed in target.seeds():
        (folder / "corpus" / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        with contextlib.suppress(Exception):  # kernels are compiled here, off the clock; faults are seen again below
            target.run(seed)
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
    (folder / "words").write_text("".join(f'"{word}"\n' for word in escaped))
    options = [
        *(f"-max_total_time={seconds}", f"-max_len={target.longest}", "-timeout=300", "-rss_limit_mb=4096"),
        *(
            f"-dict={folder / 'words'}",
            f"-artifact_prefix={folder / 'found'}/",
            "-print_final_stats=1",
            "-use_value_profile=0",
        ),
    ]
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], _Watched(target, folder))
    atheris.Fuzz()
    return 0


class _Watched:
    """A target with an eye on time and memory, that writes down faults instead of raising them."""

    def __init__(self, target: Any, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._executions = 0
        self._slowest = 0.0
        self._begun = self._told = time.monotonic()

    def __call__(self, data: bytes) -> None:
        before, grown = time.process_time(), _peak()
        try:
            self._target.run(data)
        except Exception as error:
            self._keep(data, error)
        took = time.process_time() - before
        if self._executions > 20 and took > self._target.seconds:  # the first ones may compile
            self._keep(data, TimeoutError(f"{took:.1f} s of CPU, the bound is {self._target.seconds}"))
        if _peak() - grown > GROWTH_MIB:
            self._keep(data, MemoryError(f"{_peak() - grown} MiB more, the bound is {GROWTH_MIB}"))
        self._executions += 1
        if self._executions > 20:
            self._slowest = max(self._slowest, took)
        if time.monotonic() - self._told > 2:
            self._told = time.monotonic()
            told = {
                "executions": self._executions,
                "seconds": round(self._told - self._begun, 1),
                "cpu": round(time.process_time(), 1),
                "slowest": round(self._slowest, 2),
            }
            (self._folder / "told.json").write_text(json.dumps(told))

    def _keep(self, data: bytes, error: Exception) -> None:
        trace = traceback.extract_tb(error.__traceback__)
        last = next((row for row in reversed(trace) if "/dedup/" in row.filename), trace[-1] if trace else None)
        what = re.sub(r"\d+", "", str(error))[:60] if type(error).__name__ == "Fault" else ""
        place = f"{Path(last.filename).stem}-{last.name}" if last else "bound"
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{type(error).__name__}-{place}-{what}").strip("-")
        path = self._folder / "found" / name
        if not path.exists() or path.stat().st_size > len(data):  # the smallest input is the best example
            path.write_bytes(data)
            path.with_name(name + ".txt").write_text("".join(traceback.format_exception(error)), errors="replace")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
