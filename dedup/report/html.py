"""The reviewer's report: one self-contained HTML page that opens from disk and asks the network for nothing.

The page is a skeleton, a style, a script and the data; the first three are separate files of the package, put
together here. Reports carry hostile text, so the text never meets a parser: it travels as base64 of deflated JSON
and is put on the page by ``textContent`` alone. A Content-Security-Policy names the style and the script by digest
and forbids everything else, the network included.

`dedup.review` serves the same page with ``Served``: then verdicts go to its store instead of the browser's.

>>> from dedup import Document, scan
>>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
>>> page = render(scan([Document("甲.txt", block), Document("乙.txt", "会议强调：" + block)]))
>>> page.startswith("<!DOCTYPE html>")
True
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from dedup import form
from dedup.decisions import Decision, carry, member_keys
from dedup.report import payload, queue
from dedup.report.reasons import reason_in
from dedup.report.words import LANGUAGES, limit_sentence, words
from dedup.result import Limit, Result
from dedup.sweeps import paused

if TYPE_CHECKING:
    from jinja2 import Template

_PACKERS = 2  # threads that deflate; how many changes nothing in the page

SCRIPTS: tuple[str, ...] = (
    "base.js",
    "data.js",
    "diff.js",
    "charts.js",
    "list.js",
    "verdicts.js",
    "queue.js",
    "family.js",
    "text.js",
    "pair.js",
    "reports.js",
    "export.js",
    "main.js",
)
"""The parts of the script in the order in which they are joined into one function scope."""

STYLES: tuple[str, ...] = ("page.css", "views.css", "print.css")


@dataclass(frozen=True, slots=True)
class Served:
    """What a page needs to know when a review server stands behind it.

    Parameters
    ----------
    token : str
        Sent with every request; the server answers no other.
    reviewer : str
        Whose verdicts this page gives.
    blind : bool
        Whether other reviewers' verdicts stay hidden until this one has decided.
    """

    token: str
    reviewer: str
    blind: bool = False


def render(
    result: Result,
    *,
    lang: str = "zh",
    decisions: Sequence[Decision] | None = None,
    served: Served | None = None,
) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    result : Result
        Without texts the page still opens, and says that passages cannot be shown.
    lang : str
        Language in which the page opens, ``"zh"`` or ``"en"``; a button changes it.
    decisions : sequence of Decision, optional
        Verdicts given before; those whose family is in this result are shown.
    served : Served, optional
        Given by the review server.

    Returns
    -------
    str
        A page with no reference to anything outside it.

    Raises
    ------
    ParamsError
        If the language is neither.

    Notes
    -----
    Equal results give equal pages. Memory is about four times the texts.
    """
    words(lang)
    with paused():
        return _rendered(result, lang, decisions or (), served)


def _rendered(result: Result, lang: str, decisions: Sequence[Decision], served: Served | None) -> str:
    carried, unmatched = carry(decisions, result)
    order, left_out = queue.chosen(result, queue.queue_order(result), carried)
    families = queue.shown_families(result, order)
    # Deflating lets other threads work: what is ready first is begun first, and the rest is made meanwhile.
    with ThreadPoolExecutor(_PACKERS) as pool:
        texts = payload.text_chunks(result, families)
        packed = {
            f"t{at}": pool.submit(lambda one: payload.pack(payload.to_json(one)), one) for at, one in enumerate(texts)
        }
        keys = [member_keys(result, cluster) for cluster in families.values()]
        shown = queue.shown_passages(result, families)
        details, loose = payload.family_chunks(result, families, keys, shown)
        packed |= {f"f{at}": pool.submit(payload.pack, one) for at, one in enumerate(details)}
        documents = [form.document_dict(info, texts=False) for info in result.documents]
        head = payload.head(result, documents, families, keys, carried, shown)
        places = {number: at for at, chunk in enumerate(texts) for number in chunk}
        for row in head["documents"]:
            row["chunk"] = places[str(row["id"])]
        head |= _about(result, lang, unmatched, left_out, served) | {"chunks": len(details), "loose": loose}
        names = [*(f"f{at}" for at in range(len(details))), *(f"t{at}" for at in range(len(texts)))]
        chunks = {"head": payload.pack(payload.to_json(head))} | {name: packed[name].result() for name in names}
    return _page(lang, chunks, served)


def _about(
    result: Result, lang: str, unmatched: Sequence[Decision], left_out: Sequence[Limit], served: Served | None
) -> dict[str, Any]:
    """Return what the page tells beside documents and families: words, limits, and what stands behind it."""
    limits = [*result.limits, *left_out]
    return {
        "lang": lang,
        "served": None
        if served is None
        else {"token": served.token, "reviewer": served.reviewer, "blind": served.blind},
        "unmatched": [row.to_dict() for row in unmatched],
        "skipped": [form.skipped_dict(row) for row in result.skipped],
        "limits": [form.limit_dict(row) for row in limits],
        "skip_reasons": {name: [reason_in(row.reason, name) for row in result.skipped] for name in LANGUAGES},
        "limit_sentences": {name: [limit_sentence(row, name) for row in limits] for name in LANGUAGES},
        "words": payload.label_words({name: words(name) for name in LANGUAGES}),
        "ui": json.loads(_file("ui.json")),
        "fold": payload.fold_table(result),
    }


def _page(lang: str, chunks: dict[str, str], served: Served | None) -> str:
    from markupsafe import Markup

    style, script = _style(), _script()
    ui = {key: row[LANGUAGES.index(lang)] for key, row in json.loads(_file("ui.json")).items()}
    return _template().render(
        lang={"zh": "zh-CN", "en": "en"}[lang],
        ui=ui,
        csp=content_security_policy(served is not None),
        style=Markup(style),
        script=Markup(script),
        chunks={name: Markup(text) for name, text in chunks.items()},  # base64, which holds nothing to escape
    )


def content_security_policy(served: bool) -> str:
    """Return the policy of the page: its own style and script by digest, and nothing else.

    A served page may talk to its own server; a page on disk may talk to nobody.
    """
    rules = {
        "default-src": "'none'",
        "script-src": f"'sha256-{_digest(_script())}'",
        "style-src": f"'sha256-{_digest(_style())}'",
        "img-src": "data:",
        "connect-src": "'self'" if served else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _file(name: str) -> str:
    text = (resources.files("dedup.report") / "html" / name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


@cache
def _style() -> str:
    return "\n".join(_file(name) for name in STYLES)


@cache
def _script() -> str:
    parts = "\n".join(_file(name) for name in SCRIPTS)
    return f'(function () {{\n"use strict";\n{parts}\n}})();\n'


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file("page.html"))
