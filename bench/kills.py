"""What a kill costs a scan over a work folder: time lost, over many kills at random moments.

    python -m bench.kills WORK 0.1 30        # gigabytes of UTF-8, kills

A scan is made in peace first. Then it is begun, killed with -9 with all its processes after a random time of up to
a quarter of that of the peaceful one, and begun again until it is finished; then anew in an empty folder, until so
many kills are done. Lost is what all runs took, less the peaceful time of each scan that they finished. Counted is
processor time of all processes, which other work on the machine disturbs less; time by the clock stands beside it.
Each scan must give the bytes of the peaceful one.
"""

from __future__ import annotations

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.outofcore import JOBS, write

RESULTS = Path(__file__).parent / "results" / "kills.json"

_TICKS = os.sysconf("SC_CLK_TCK")


def processor(group: int) -> float:
    """Return the processor seconds of the processes of a group and of those that they have outlived (Linux)."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            columns = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(columns[2]) == group:
            total += sum(int(one) for one in columns[11:15]) / _TICKS
    return total


def begun(inputs: Path, work: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start a scan as a user does, in a group of its own."""
    command = [sys.executable, "-m", "dedup", "scan", str(inputs), "--work", str(work), "--jobs", str(JOBS)]
    told = subprocess.DEVNULL  # forced, because a scan may be killed when its JSON is written
    return subprocess.Popen(
        [*command, "--json", str(out), "--force"], start_new_session=True, stdout=told, stderr=told
    )


def run(inputs: Path, work: Path, out: Path, seconds: float | None) -> tuple[bool, float, float]:
    """Scan, for so many seconds at most; return whether it came to its end, seconds and processor seconds."""
    start = time.perf_counter()
    process = begun(inputs, work, out)
    spent = 0.0
    while process.poll() is None and (seconds is None or time.perf_counter() - start < seconds):
        spent = max(spent, processor(process.pid))
        time.sleep(0.05)
    finished = process.poll() is not None
    if not finished:
        spent = max(spent, processor(process.pid))
        os.killpg(process.pid, signal.SIGKILL)
    if process.wait() not in (0, -signal.SIGKILL):
        raise SystemExit(f"the scan failed with status {process.returncode}")
    return finished, time.perf_counter() - start, spent


def main() -> None:
    top, gigabytes, wanted = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    inputs, work, out, peace = top / "corpus", top / "work", top / "out.json", top / "peace.json"
    write(inputs, gigabytes)
    calm = [run(inputs, work, peace, None)[1:]]
    print(f"in peace {calm[0][0]:.0f} s, {calm[0][1]:.0f} s of processors", file=sys.stderr)
    shutil.rmtree(work)
    chance = random.Random(30)
    kills, scans, total = 0, 0, [0.0, 0.0]
    while kills < wanted or work.exists():
        moment = chance.uniform(0.0, calm[0][0] / 4) if kills < wanted else None
        finished, *spent = run(inputs, work, out, moment)
        total = [sum(pair) for pair in zip(total, spent, strict=True)]
        kills += not finished
        print(f"{kills} kills, {scans} scans, {total[0]:.0f} s, {total[1]:.0f} s of processors", file=sys.stderr)
        if finished:
            if not filecmp.cmp(out, peace, shallow=False):
                raise SystemExit("a scan that was killed gave other bytes than one in peace")
            scans += 1
            shutil.rmtree(work)
            out.unlink()
    shutil.rmtree(inputs)
    peace.unlink()
    lost = [all_runs - scans * one for all_runs, one in zip(total, calm[0], strict=True)]
    facts: dict[str, Any] = {"gigabytes": gigabytes, "kills": kills, "scans": scans}
    for row, name in enumerate(("seconds", "cpu")):
        facts[name] = {"peace": calm[0][row], "all": total[row], "lost": lost[row]}
        share = lost[row] / kills / calm[0][row]
        print(f"{name}: {calm[0][row]:.1f} in peace; {kills} kills in {scans} scans lost {lost[row]:.1f},", end=" ")
        print(f"{share:.1%} of a scan each")
    RESULTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
