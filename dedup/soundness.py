"""Is a result that came out of a file what a result promises to be? Faces and steps may then rely on it.

A result made by a scan is sound by construction. One read from JSON may be cut by hand, merged badly or hostile: a
member that stands behind the end of its document, a line number that is a terminal escape, a share that is NaN. All
that is found here, once, at the door, with the place in the file, so that no face needs to ask again.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from dedup.params import LABELS

if TYPE_CHECKING:
    from dedup.result import Result, Span


def problem(result: Result) -> str | None:
    """Return the first thing that is wrong with a result, naming its place, or None if it is sound.

    Checked: every field is of its declared type, numbers are finite; documents are numbered by row; spans, parts and
    marks lie within their document, marks in order and apart; medoids are members; shares lie in [0, 1]; labels are
    known, and those of a document sum to its length.
    """
    for name in ("documents", "passages", "clusters", "skipped", "limits"):
        for row, value in enumerate(getattr(result, name)):
            kind: Any = type(value)
            if not _test(kind)(value):
                return f"{name}[{row}]{_misfit(value, kind)}"
    return next(_incoherent(result), None)


@cache
def _test(hint: Any) -> Callable[[Any], bool]:
    """Return a function that tells whether a value fits a type hint, looking into dataclasses, tuples, mappings.

    Made once a hint: asking the hint at every value takes ten times as long, seconds for a large result.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        kind: Any = hint
        rows = [(name, _test(inner)) for name, inner in _hints(kind).items()]
        return lambda value: type(value) is hint and all(test(getattr(value, name)) for name, test in rows)
    if origin is tuple and inner[-1] is Ellipsis:
        each = _test(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    if origin is tuple:
        tests = [_test(kind) for kind in inner]
        return lambda value: (
            isinstance(value, tuple)
            and len(value) == len(tests)
            and all(test(one) for test, one in zip(tests, value, strict=True))
        )
    if origin in (dict, Mapping):
        each = _test(inner[1])
        return lambda value: isinstance(value, Mapping) and all(map(each, value.values()))
    if origin in (Union, types.UnionType):
        options = [_test(kind) for kind in inner]
        return lambda value: any(test(value) for test in options)
    return _test_single(hint)


def _test_single(kind: Any) -> Callable[[Any], bool]:
    """Return the test of a single value; true and false are no numbers, 1 is a float, NaN and infinity are not."""
    if kind is Any:
        return lambda value: True
    if kind is int:
        return lambda value: type(value) is int
    if kind is float:
        return lambda value: type(value) in (int, float) and math.isfinite(value)
    return lambda value: isinstance(value, kind)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the field types of a dataclass, evaluated."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _misfit(value: Any, hint: Any) -> str:
    """Return where a value does not fit, as the end of a path, and what stands there."""
    fields_of: Any = hint
    if type(value) is hint and is_dataclass(hint):
        for name, kind in _hints(fields_of).items():
            one = getattr(value, name)
            if not _test(kind)(one):
                return f".{name}{_misfit(one, kind)}"
    if get_origin(hint) is tuple and isinstance(value, tuple) and get_args(hint)[-1] is Ellipsis:
        kind = get_args(hint)[0]
        for row, one in enumerate(value):
            if not _test(kind)(one):
                return f"[{row}]{_misfit(one, kind)}"
    return f" is {_short(value)}"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


def _incoherent(result: Result) -> Iterator[str]:
    """Yield what contradicts itself in a result whose fields are of their types."""
    for row, info in enumerate(result.documents):
        if info.id != row:
            yield f"documents[{row}].id is {info.id}, wanted {row}"
        if info.text is not None and len(info.text) != info.chars:
            yield f"documents[{row}].chars is {info.chars}, but the text has {len(info.text)}"
        if (
            set(info.labels) != set(LABELS)
            or sum(info.labels.values()) != info.chars
            or min(info.labels.values()) < 0
        ):
            yield f"documents[{row}].labels do not count its {info.chars} characters by label"
        ranges = [(part.start, part.end) for part in info.parts] + [mark[:2] for mark in info.marks]
        if not all(0 <= start <= end <= info.chars for start, end in ranges):
            yield f"documents[{row}] has a part or mark outside its {info.chars} characters"
        if any(one[1] > other[0] for one, other in pairwise(info.marks)):
            yield f"documents[{row}].marks overlap or are out of order"
        if any(mark[2] not in LABELS for mark in info.marks):
            yield f"documents[{row}].marks have an unknown label"
    for row, passage in enumerate(result.passages):
        where = f"passages[{row}]"
        yield from _wrong_label(passage.label, where)
        yield from _wrong_shares((passage.wording, passage.similarity), where)
        for span in (passage.left, passage.right):
            yield from _wrong_span(result, span, where)
        for change in passage.changes:
            for span, (start, end) in ((passage.left, change.left), (passage.right, change.right)):
                if not 0 <= start <= end <= result.documents[span.document].chars:
                    yield f"{where} has a change outside its document"
    for row, cluster in enumerate(result.clusters):
        where = f"clusters[{row}]"
        yield from _wrong_label(cluster.label, where)
        yield from _wrong_shares((cluster.weakest, cluster.similarity, *cluster.wording), where)
        for span in cluster.members:
            yield from _wrong_span(result, span, where)
        for name, member in (("medoid", cluster.medoid), ("earliest", cluster.earliest)):
            if member is not None and not 0 <= member < len(cluster.members):
                yield f"{where}.{name} is {member}, but it has {len(cluster.members)} members"


def _wrong_label(label: str, where: str) -> Iterator[str]:
    if label not in LABELS:
        yield f"{where}.label is {_short(label)}, wanted one of {', '.join(LABELS)}"


def _wrong_shares(shares: tuple[float, ...], where: str) -> Iterator[str]:
    for value in shares:
        if not 0 <= value <= 1:
            yield f"{where} has a share of {value}, wanted 0 to 1"


def _wrong_span(result: Result, span: Span, where: str) -> Iterator[str]:
    if not 0 <= span.document < len(result.documents):
        yield f"{where} names document {span.document}, but there are {len(result.documents)}"
        return
    info = result.documents[span.document]
    if not 0 <= span.start <= span.end <= info.chars:
        yield f"{where} has a span {span.start} to {span.end}, but its document has {info.chars} characters"
    if span.part is not None and not 0 <= span.part < len(info.parts):
        yield f"{where} names part {span.part}, but its document has {len(info.parts)}"
