"""Write down what an installation consists of: requirements.lock and docs/sbom.cdx.json.

Versions and digests are those that pip resolves today for the package without extras (`pip install --dry-run
--report`); licences are those that the installed packages state. Run it in an environment that has them:

    python tools/make_bill.py

The lock holds versions for every platform; the bill (CycloneDX 1.5) holds besides the SHA-256 of the files resolved
on the platform where it was made, which it names.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK, BILL = ROOT / "requirements.lock", ROOT / "docs" / "sbom.cdx.json"

_GENEROUS = ("MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "ISC", "0BSD", "Zlib", "CC0-1.0")
ALLOWED = frozenset((*_GENEROUS, "Apache-2.0 WITH LLVM-exception"))
"""Licences that ask for no more than their text being passed on. A dependency under another one is a decision."""

_CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
# What is told in other words than SPDX's. The wheel of pypdfium2 holds PDFium, whose own licence is BSD-3-Clause.
_TOLD = {"BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0"}


def canonical(name: str) -> str:
    """Return a project name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(name: str) -> str:
    """Return the SPDX expression of an installed package's licence, or what it says where it says something else."""
    told = metadata.metadata(name)
    if told["License-Expression"]:
        return str(told["License-Expression"])
    for classifier in told.get_all("Classifier") or ():
        if classifier.startswith("License :: OSI Approved :: "):
            last = classifier.rsplit(" :: ", 1)[1]
            return _CLASSIFIERS.get(last, last)
    line = (told["License"] or "unknown").splitlines()[0]
    return _TOLD.get(line, line)


def allowed(expression: str) -> bool:
    """Whether a licence expression can be kept by terms that are all allowed: each AND, at least one of each OR."""
    terms = list(re.split(r"\s+AND\s+", expression.replace("(", " ").replace(")", " ").strip()))
    return all(any(one.strip() in ALLOWED for one in re.split(r"\s+OR\s+", term)) for term in terms)


def resolved() -> list[dict[str, Any]]:
    """Return what pip would install, by name: name, version, digest."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    told = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=True).stdout
    found = []
    for row in json.loads(told)["install"]:
        digest = row["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if canonical(row["metadata"]["name"]) != "dedup":
            name, version = canonical(row["metadata"]["name"]), row["metadata"]["version"]
            found.append({"name": name, "version": version, "sha256": digest})
    return sorted(found, key=lambda one: one["name"])


def lock(rows: list[dict[str, Any]]) -> str:
    """Return the text of requirements.lock."""
    head = "# Made by tools/make_bill.py: pip install -r requirements.lock && pip install --no-deps .\n"
    only = {"backports-zstd": ' ; python_version < "3.14"'}
    return head + "".join(f"{row['name']}=={row['version']}{only.get(row['name'], '')}\n" for row in rows)


def bill(rows: list[dict[str, Any]]) -> str:
    """Return the text of the CycloneDX document; without a clock, so that equal dependencies give an equal file."""
    components = []
    for row in rows:
        purl = f"pkg:pypi/{row['name']}@{row['version']}"
        one: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": row["name"], "version": row["version"]}
        one["licenses"] = [{"expression": licence(row["name"])}]
        if row["sha256"]:
            one["hashes"] = [{"alg": "SHA-256", "content": row["sha256"]}]
        components.append(one | {"purl": purl})
    where = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    subject = {"type": "application", "name": "dedup", "licenses": [{"expression": "Apache-2.0"}]}
    about = {"component": subject, "properties": [{"name": "resolved on", "value": where}]}
    return json.dumps({**head, "metadata": about, "components": components}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    rows = resolved()
    LOCK.write_text(lock(rows), encoding="utf-8")
    BILL.write_text(bill(rows), encoding="utf-8")
