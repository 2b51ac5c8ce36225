"""Build the wheel and try it in empty environments: one for each interpreter found, or named.

    python tools/try_wheel.py [python3.12 /opt/python3.13/bin/python3 ...]

In each: install requirements.lock, then the wheel without looking anything up, `pip check`, `dedup --version`, and a
scan of data/reports from a folder that is not the checkout. The results must be equal byte for byte on all of them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USUAL = ("python3.11", "python3.12", "python3.13", "python3.14")


def interpreters() -> list[str]:
    """Return the interpreters on the path, and those that pyenv keeps, that the package says it runs on."""
    pyenv = Path.home() / ".pyenv" / "versions"
    found = []
    for name in USUAL:
        kept = sorted(pyenv.glob(f"{name.removeprefix('python')}.*/bin/python3")) if pyenv.is_dir() else []
        candidates = [str(path) for path in kept[-1:]] or [path for path in [shutil.which(name)] if path]
        found += [path for path in candidates if run([path, "--version"], check=False).returncode == 0]
    return found


def run(command: list[str], *, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command, with its words shown where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}\nended with status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def build(folder: Path) -> Path:
    """Return a wheel made from a source distribution, so that what is missing in the latter is seen."""
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def tried(python: str, wheel: Path, folder: Path) -> str:
    """Install and run the wheel; return the digest of the result."""
    begun = time.monotonic()
    run([python, "-m", "venv", str(folder)])
    inside = str(folder / "bin" / "python")
    quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([inside, *quiet, "-r", str(ROOT / "requirements.lock")])
    run([inside, *quiet, "--no-deps", str(wheel)])
    run([inside, "-m", "pip", "check"])
    told = run([str(folder / "bin" / "dedup"), "--version"], cwd=folder).stdout.strip()
    shutil.copytree(ROOT / "data" / "reports", folder / "reports")
    scan = [str(folder / "bin" / "dedup"), "scan", "reports", "--json", "result.json"]
    run(scan, cwd=folder)
    digest = hashlib.sha256((folder / "result.json").read_bytes()).hexdigest()[:16]
    version = run([inside, "--version"]).stdout.strip()
    print(f"{version}: {told}; result {digest}; {time.monotonic() - begun:.0f} s", flush=True)
    return digest


def main() -> int:
    """Build, try everywhere, compare."""
    with tempfile.TemporaryDirectory(prefix="dedup-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes", flush=True)
        found = sys.argv[1:] or interpreters()
        digests = {tried(python, wheel, folder / f"on-{row}") for row, python in enumerate(found)}
    if len(digests) > 1:
        sys.exit("the results differ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
