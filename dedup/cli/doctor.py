"""``dedup doctor``: is everything there that dedup needs? ``dedup warmup``: compile the kernels now."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

import dedup
from dedup.cli.manual import Command, manual
from dedup.cli.talk import say
from dedup.params import Params

FAILED = 2
_SPECIFIER = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)(?:;\s*(.*))?$")

_DEVELOPERS = frozenset({"dev", "bench"})
"""Extras that nobody needs to use dedup."""

DOCTOR = manual(
    "Tell what is installed, what is missing, where caches lie.",
    "检查运行环境：版本、可选组件、缓存位置、字体。",
    example="dedup doctor",
    output="""
ok       dedup              0.1.0, parameters 7315126be14c63c6
ok       python             3.11.9 on Linux x86_64, 2 cores
ok       numpy              2.2.6 (>=2.0)
missing  pyarrow            pip install 'dedup[parquet]'
""",
    status={
        0: "everything that dedup needs is there; what is optional may be missing",
        2: "something it needs is missing",
    },
)

WARMUP = manual(
    "Compile the kernels now, so that the first scan is fast.",
    "预先编译计算核心，使首次扫描更快。",
    example="dedup warmup",
    output="kernels compiled in 21.4 s, kept in /home/user/.cache/dedup/numba",
    status={0: "done", 2: "an error"},
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``needed``: without it dedup does not work."""

    name: str
    present: bool
    detail: str
    needed: bool = False

    def __str__(self) -> str:
        state = "ok" if self.present else "MISSING" if self.needed else "missing"
        return f"{state:<8} {self.name:<18} {self.detail}"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(cls=Command, help=DOCTOR)(doctor)
    app.command(cls=Command, help=WARMUP)(warmup)


def doctor() -> None:
    """Print what was found; data, hence on stdout."""
    findings = [*_runtime(), *_packages(), *_programs()]
    for finding in findings:
        print(finding)
    if any(finding.needed and not finding.present for finding in findings):
        raise typer.Exit(FAILED)


def warmup() -> None:
    """Scan two small documents, which calls every kernel that a scan calls (a test asks whether it does)."""
    import numpy as np

    from dedup.kernels import search
    from dedup.pipeline import scan
    from dedup.read import ReadOptions, plain, records
    from dedup.result import Document

    block = (
        "各村把防汛物资清点造册，编织袋、铁锹和应急灯放在村委会西屋，钥匙由值班员随身带着，缺一样补一样；"
        "汛期每晚两人一班，听雨声、看水尺，水过了第三道红漆就敲锣，老人孩子先往祠堂后面的高坡上走。"
    )
    begun = time.perf_counter()
    one, other = f"{block}全年修渠17里。" * 2, f"会上说：{block}全年修渠23里。\n下一页"
    scan([Document("warmup-1", one), Document("warmup-2", other)])
    list(records.lines(iter([b'{"text": ""}']), "text"))  # of large files only
    list(plain.together((), ReadOptions(), {}, lambda _: iter(())))  # of many files only
    for kind in (np.int64, np.uint64):  # of many passages only
        search.upto(np.zeros(1, kind), np.zeros(search.FEW + 1, kind))
    say(f"kernels compiled in {time.perf_counter() - begun:.1f} s, kept in {os.environ['NUMBA_CACHE_DIR']}")


def _runtime() -> Iterator[Finding]:
    """Yield version, interpreter and cache folder."""
    from dedup.kernels import cache_folder

    yield Finding("dedup", True, f"{dedup.__version__}, parameters {Params().digest()}", needed=True)
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    yield Finding("python", sys.version_info >= (3, 11), system, needed=True)
    yield Finding("stdout", True, f"encoding {sys.stdout.encoding}")
    folder = cache_folder()
    lasting = "dedup-cache-" not in folder.name
    advice = "" if lasting else ", for this process only: name a writable folder in DEDUP_CACHE"
    yield Finding("cache", lasting, f"{folder}{advice}")
    if not lasting:
        folder.rmdir()


def _packages() -> Iterator[Finding]:
    """Yield every distribution that ours requires, and those of the extras that change what it can do."""
    from importlib import metadata  # 0.02 s, which every other command would pay too

    try:
        required = metadata.requires("dedup") or []
    except metadata.PackageNotFoundError:
        yield Finding("installation", False, "run from a folder, not installed: pip install -e .", needed=True)
        return
    told = set[str]()
    for line in required:
        match = _SPECIFIER.match(line)
        if match is None:
            continue
        name, bounds, marker = match[1], match[2].strip(" ()"), match[3] or ""
        wanted = re.search(r"""extra\s*==\s*['"]([^'"]+)""", marker)
        if (wanted and wanted[1] in _DEVELOPERS) or name in told or not _applies(marker):
            continue
        told.add(name)
        try:
            yield Finding(name, True, f"{metadata.version(name)} ({bounds})", needed=not wanted)
        except metadata.PackageNotFoundError:
            mend = f"pip install 'dedup[{wanted[1]}]'" if wanted else f"pip install '{name}{bounds}'"
            yield Finding(name, False, mend, needed=not wanted)


def _applies(marker: str) -> bool:
    """Whether a requirement's ``python_version < 'X'`` holds here; other markers are taken to hold."""
    bound = re.search(r"""python_version\s*<\s*['"](\d+)\.(\d+)""", marker)
    return bound is None or sys.version_info[:2] < (int(bound[1]), int(bound[2]))


def _programs() -> Iterator[Finding]:
    """Yield programs and fonts outside Python that some formats or plots want."""
    for name, purpose in (("java", "dedup[spark]"), ("soffice", "reading old .doc and .wps that olefile cannot")):
        path = shutil.which(name)
        yield Finding(name, path is not None, _version(path) if path else f"only needed for {purpose}")
    fonts = _chinese_fonts()
    detail = fonts[0] if fonts else "plots would show boxes for Chinese: install a CJK font such as Noto Sans CJK"
    yield Finding("Chinese font", bool(fonts), detail)


def _version(program: str) -> str:
    """Return the path of a program with the first line that it says of its version, where it says one."""
    try:
        asked = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program}, which could not be run ({type(error).__name__})"
    lines = (asked.stderr + asked.stdout).strip().splitlines()
    return f"{program}, {lines[0].strip()}" if lines and asked.returncode == 0 else program


def _chinese_fonts() -> list[str]:
    """Return families of fonts with Chinese, by name; empty where fontconfig cannot be asked and none is known."""
    program = shutil.which("fc-list")
    if program:
        asked = subprocess.run(
            [program, ":lang=zh", "family"], capture_output=True, text=True, timeout=20, check=False
        )
        return sorted({line.split(",")[0].strip() for line in asked.stdout.splitlines() if line.strip()})
    known = ("C:/Windows/Fonts/msyh.ttc", "C:/Windows/Fonts/simsun.ttc", "/System/Library/Fonts/PingFang.ttc")
    return [path for path in known if Path(path).exists()]
