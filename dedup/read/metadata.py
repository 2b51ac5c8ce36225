"""Who wrote a text, when, and what it is called: from what is said about it, then from what it says itself.

For each of ``issuer``, ``date`` and ``title`` the first source that knows wins: the ``meta`` file, the columns of
the record, the first and last lines of the text, the name of the file and its folder, the properties of the office
file. Properties come last because office programs fill them with the date of the template and the name of
whoever bought the computer. A masked issuer (xx镇人民政府) or year (xx年六月) is unknown, not "xx".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from dedup.errors import FormatProblem, ReadError
from dedup.read.blob import Blob
from dedup.read.encoding import decode
from dedup.result import Document
from dedup.schema import UInt32, string

Known = Mapping[str, Mapping[str, str]]
"""The ``meta`` file: values by source (path as given, file name alone, or ``source#member``)."""

_NAMES = {
    "issuer": "issuer", "发文机关": "issuer", "发文单位": "issuer", "单位": "issuer", "机关": "issuer",
    "date": "date", "日期": "date", "成文日期": "date", "发布日期": "date", "发布时间": "date",
    "title": "title", "标题": "title", "题目": "title", "題目": "title", "標題": "title",
}  # fmt: skip

_CN = "〇○零Ｏ一二三四五六七八九"
_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)\s*(?:年\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号號])?"
    r"|(?P<s>[-./])(?P<m2>\d{1,2})(?:(?P=s)(?P<d2>\d{1,2}))?)"
    rf"|(?P<cy>[{_CN}]{{4}})年(?P<cm>[一二三四五六七八九十]{{1,2}})月(?:(?P<cd>[一二三四五六七八九十廿卅]{{1,3}})[日号號])?)(?!\d)"
)
_FILE_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[-._年]?(0[1-9]|1[0-2])(?:[-._月]?(0[1-9]|[12]\d|3[01])日?)?|年(\d)月)(?!\d)"
)
_ORGAN = (
    r"(?:人民政府|政府|人民代表大会|人大常委会|人大主席团|委员会|委員會|党委|黨委|工委|党工委|纪委|办公室|辦公室|办事处|辦事處"
    r"|局|厅|廳|党支部|党总支|管理区|联合会|总工会|检察院|法院)"
)
_WEAK_ORGAN = (
    r"(?:中心|学校|中学|小学|学院|大学|医院|公司|村委会|宣传部|组织部|武装部"
    r"|派出所|司法所|财政所|国土所|农技站|计生站|水利站|文化站)"
)
_ISSUER = re.compile(rf"(?:中共)?[\u4e00-\u9fff]{{2,22}}(?:{_ORGAN}|{_WEAK_ORGAN})")
_HEAD_ISSUER = re.compile(rf"(?:中共)?[\u4e00-\u9fff]{{2,22}}{_ORGAN}")
_SPEAKS_FOR = re.compile(
    r"我(?:谨|謹)?(?:代表|受)\s*(国务院|國務院|[\u4e00-\u9fff]{2,18}?(?:人民政府|人民代表大会常务委员会|人大常委会|人民法院|人民检察院))"
    r"(?:的?委托)?[，,]?\s*(?:向|作|就)"
)
_NOBODY = re.compile(r"^(?:中共)?(?:我|本)?(?:乡|鄉|镇|鎮|县|縣|市|区|區|州|省|街道|村)?(?:人民|人大)")
_GLUED = re.compile(rf"[。！？!?」”\s]\s*((?:中共)?[\u4e00-\u9fff]{{2,22}}(?:{_ORGAN}|{_WEAK_ORGAN}))?\s*$")
_NO_ISSUER = re.compile(
    r"^(?:关于|關於|在|对|向|以|把|由|某)|总结|總結|报告|報告|材料|讲话|講話|会议|會議|计划|方案|意见|工作|某|各"
)
_LABEL = re.compile(
    r"(?:(?:发布|發布|更新|成文|印发|发文)?(?:时间|日期|時間)|发布于|發佈於|单位|作者|来源|來源|发文机关|发文单位)\s*[:：]\s*"
)
_TITLE_NOT = re.compile(
    r"^(?:[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十\d]+[)）]|\d+[、.．)）]|尊敬的|各位|同志们|https?:|www\."
    r"|栏目|欄目|来源|來源|作者|发布|發佈|时间|日期|当前位置|首页|網站首頁|网站首页)|[。；;，,、：:！!]$|。|相关推荐|相关文章|人气[:：]"
)
# What a line must end with, or hold, to be worth a closer look: most lines are not.
_LAST_OF_DATE = frozenset("月日号號)） 0123456789")
_LAST = _LAST_OF_DATE | frozenset("府会會委室处處局厅廳部区院心校学司所站")
_HINT = re.compile(r"(?:19|20)\d\d")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEAD_LINES, _TAIL_LINES, _HEAD_CHARS, _TAIL_CHARS = 8, 4, 700, 260
_SHORT = 60  # characters of a line that may be a title or a signature


@dataclass(frozen=True, slots=True)
class Facts:
    """What a place says about a text; None is unknown."""

    issuer: str | None = None
    date: str | None = None
    title: str | None = None


_NOTHING = Facts()


def document(
    blob: Blob,
    text: str,
    known: Known,
    *,
    member: str | None = None,
    columns: Mapping[str, Any] | None = None,
    properties: Facts | None = None,
    **layout: Any,
) -> Document:
    """Make a document, with what is known of its issuer, date and title.

    Parameters
    ----------
    blob : Blob
        Where it came from.
    text : str
    known : Known
        The ``meta`` file.
    member : str, optional
        The name of a record; the blob's own member if None.
    columns : mapping, optional
        Further columns of a record; those that are no issuer, date or title become ``meta``.
    properties : Facts, optional
        What the office file says of itself.
    **layout
        Further fields of `dedup.result.Document`.

    Returns
    -------
    Document
    """
    # A chain of "or" per field, cheapest source first to ask: this runs once a record, a million times a corpus.
    name = facts_of_name(blob.source if blob.member is None else f"{blob.source}/{blob.member}")
    member = blob.member if member is None else member
    said = _said(known, blob.source, member) if known else _NOTHING
    column, meta = _columns(columns) if columns else (_NOTHING, {})
    own = facts_of_text(_unfurnished(text, layout["furniture"]) if layout.get("furniture") else text)
    last = properties or _NOTHING
    return Document(
        blob.source,
        text,
        member=member,
        title=said.title or column.title or own.title or last.title,
        issuer=said.issuer or column.issuer or own.issuer or name.issuer or last.issuer,
        date=said.date or column.date or own.date or name.date or last.date,
        meta=meta,
        **layout,
    )


def completed(document: Document) -> Document:
    """Return a document of a program with what its text says of issuer, date and title, where these are not given.

    The rules for reports must not depend on whether a report came as a file or as a string.
    """
    if document.issuer is not None and document.date is not None and document.title is not None:
        return document
    own = facts_of_text(_unfurnished(document.text, document.furniture) if document.furniture else document.text)
    facts = {name: value for name in ("issuer", "date", "title") if (value := getattr(own, name)) is not None}
    facts = {name: value for name, value in facts.items() if getattr(document, name) is None}
    return replace(document, **facts) if facts else document


def facts_of_text(text: str) -> Facts:
    """Return what the first and last lines say.

    The signature at the end ("任寨乡人民政府 / 2006年11月") wins over a date under the title, which on scraped
    pages is the day of the upload.
    """
    if len(text) > 60 and "\n" not in text and text[-1] not in _LAST_OF_DATE:
        return _NOTHING  # a paragraph: it cannot be a title, and does not end in a date
    head = _filled(text[:_HEAD_CHARS])
    short = len(text) <= _HEAD_CHARS
    tail = (head if short else _filled(text[-_TAIL_CHARS:]))[-_TAIL_LINES:]
    above = head[: len(head) - len(tail)] if short else head  # a line of a short text is read once
    issuer = when = None
    for line in reversed(tail):
        if len(line) > _SHORT:  # most: no call
            continue
        organ, day = _signature(line, _ISSUER)
        issuer, when = issuer or organ, when or day
    if tail and issuer is None and when is None:
        issuer, when = _glued(tail[-1])
    title = next((line for line in head[:_HEAD_LINES] if len(line) <= _SHORT and _plausible(line)), None)
    for line in above[:_HEAD_LINES]:
        if len(line) <= _SHORT and line != title:
            organ, day = _signature(line, _HEAD_ISSUER)
            issuer, when = issuer or organ, when or day
    return Facts(issuer or _speaks_for(text[:_HEAD_CHARS]), when, title)


def ends_of(codes: UInt32) -> str:
    """Return a text, given its code points, without what `facts_of_text` does not look at; shorter, or the text."""
    if len(codes) <= _HEAD_CHARS + 1 + _TAIL_CHARS:
        return string(codes)
    head, tail = string(codes[:_HEAD_CHARS]), string(codes[-_TAIL_CHARS:])
    # It asks whether there is more than one line, which in nearly all texts the ends say.
    broken = "\n" in head or "\n" in tail or (codes == ord("\n")).any()
    return f"{head}\n{tail}" if broken else f"{head} {tail}"


def _speaks_for(text: str) -> str | None:
    """Return for whom the speaker reports: 我代表青石县人民政府，向大会报告. A township without a name is nobody."""
    found = _SPEAKS_FOR.search(text) if "代表" in text or "委托" in text else None
    return found[1] if found and not _NOBODY.match(found[1]) else None


def _filled(text: str) -> list[str]:
    """Return the lines that hold something, stripped."""
    return [line for line in map(str.strip, text.splitlines()) if line]


@lru_cache(maxsize=1024)
def facts_of_name(source: str) -> Facts:
    """Return what the file name, else its folder's name, says: ``任寨乡人民政府_2006-11.txt``."""
    *folders, name = source.rsplit("/", 2)
    own = _facts_of_part(name.rsplit(".", 1)[0])
    if not folders or (own.issuer and own.date):
        return own
    above = _facts_of_part(folders[-1])
    return Facts(own.issuer or above.issuer, own.date or above.date)


def facts_of_properties(title: str, organs: Iterable[str], created: str) -> Facts:
    """Return what the properties of an office file or a web page are worth.

    An issuer must look like an authority, for most say "Microsoft" or who once bought the computer; a title must hold
    Chinese, for most say "Microsoft Word - 1". The PDF form of a date (D:20061103) is read as well.
    """
    issuer = next((organ.strip() for organ in organs if _ISSUER.fullmatch(organ.strip())), None)
    packed = re.match(r"D:(\d{4})(\d\d)(\d\d)", created)
    day = _checked(*packed.groups()) if packed else iso_date(created)
    return Facts(issuer, day, title.strip() if _plausible(title.strip()) else None)


def iso_date(value: object) -> str | None:
    """Return ``2006-11`` or ``2006-11-03`` for anything that begins with such a date, else None."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    match = _DATE.match(str(value).strip())
    return _iso(match) if match else None


def load_known(path: str | Path) -> Known:
    """Read the ``meta`` file.

    Raises
    ------
    ReadError
        If it cannot be read.
    FormatProblem
        If it has no column ``source`` and one of ``issuer``, ``date``, ``title``, or a date that is none.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ReadError(str(path), error.strerror or str(error)) from error
    found = decode(data)
    if found is None:
        raise FormatProblem(
            str(path), "it is no text: a CSV file with the columns source, issuer, date, title is wanted"
        )
    rows = csv.DictReader(found.text.splitlines())
    names = {name: _NAMES.get(name.strip(), name.strip()) for name in rows.fieldnames or () if name}
    if "source" not in names.values() or not {"issuer", "date", "title"} & set(names.values()):
        listed = ", ".join(names) or "none"
        raise FormatProblem(
            str(path), f"its columns are {listed}; a column source and one of issuer, date, title are wanted"
        )
    known: dict[str, dict[str, str]] = {}
    for row in rows:
        facts = {names[key]: value.strip() for key, value in row.items() if key in names and value and value.strip()}
        if facts.get("date"):
            day = iso_date(facts["date"])
            if day is None:
                raise FormatProblem(
                    str(path), f"line {rows.line_num} has the date {facts['date']!r}: 2006-11 or 2006-11-03 is wanted"
                )
            facts["date"] = day
        if "source" in facts:
            known[facts.pop("source").replace("\\", "/")] = facts
    return known


def _unfurnished(text: str, furniture: Iterable[tuple[int, int]]) -> str:
    """Return the text without its page noise: a running header is no title, a site's footer signs nothing."""
    pieces, at = [], 0
    for start, end in furniture:
        pieces.append(text[at:start])
        at = end
    return "".join((*pieces, text[at:]))


def _said(known: Known, source: str, member: str | None) -> Facts:
    name = source.rsplit("/", 1)[-1]
    for key in ((f"{source}#{member}", f"{name}#{member}") if member is not None else ()) + (source, name):
        if key in known:
            return Facts(**known[key])
    return _NOTHING


def _columns(columns: Mapping[str, Any]) -> tuple[Facts, dict[str, str]]:
    facts: dict[str, str] = {}
    meta: dict[str, str] = {}
    for key, value in columns.items():
        if value is None or value == "":
            continue
        field = _NAMES.get(key)
        told = iso_date(value) if field == "date" else str(value).strip()
        if field and told and field not in facts:
            facts[field] = told
        else:
            meta[key] = value if isinstance(value, str) else _shown(value)
    return Facts(**facts), meta


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _signature(line: str, pattern: re.Pattern[str]) -> tuple[str | None, str | None]:
    """Return issuer and date of a line that is nothing but these (labels, brackets and a column name aside)."""
    if len(line) > _SHORT or not (line[-1] in _LAST or _HINT.search(line)):
        return None, None
    rest = _LABEL.sub(" ", line).strip("（）()【】[] 　\t")
    match = _DATE.search(rest)
    day = None
    if match:
        before, after = rest[: match.start()].strip(" 　（("), rest[match.end() :]
        clean = not before or bool(pattern.fullmatch(before))
        if clean and (not after or after[0] in " 　\t)）T"):
            day = _iso(match)
        rest = before or after
    organ = re.sub(r"[\s　]+", "", rest)
    if pattern.fullmatch(organ) and not _NO_ISSUER.search(organ):
        return organ, day
    return None, day


def _glued(line: str) -> tuple[str | None, str | None]:
    """Return issuer and date that stand at the end of a long last line: …各项任务。任寨乡人民政府2006年11月."""
    if line[-1] not in _LAST_OF_DATE:
        return None, None
    found = max(_DATE.finditer(line[-60:]), key=lambda match: match.end(), default=None)
    if found is None or line[-60:][found.end() :].strip("）) 　"):
        return None, None
    before = _GLUED.search(line[-60:][: found.start()])
    if before is None:
        return None, None
    organ = before.group(1)
    return (organ if organ and not _NO_ISSUER.search(organ) else None), _iso(found)


def _plausible(line: str) -> bool:
    if not 4 <= len(line) <= _SHORT or _TITLE_NOT.search(line) or len(line.split()) > 3:
        return False
    if len(_HAN.findall(line)) < 4:
        return False
    organ, day = _signature(line, _HEAD_ISSUER)
    return organ is None and day is None


@lru_cache(maxsize=4096)
def _facts_of_part(part: str) -> Facts:
    day = None
    match = _FILE_DATE.search(part)
    if match:
        year, month, day_of_month, lone = match.groups()
        month = month or (f"0{lone}" if lone else None)
        day = _checked(year, month, day_of_month) if month else None
    tokens = re.split(r"[\s_\-—+.（）()\d]+", part)
    issuer = next((token for token in tokens if _ISSUER.fullmatch(token) and not _NO_ISSUER.search(token)), None)
    return Facts(issuer, day)


def _iso(match: re.Match[str]) -> str | None:
    if match["y"]:
        return _checked(match["y"], match["m"] or match["m2"], match["d"] or match["d2"])
    year = "".join(str(max(0, _CN.index(digit) - 3)) for digit in match["cy"])
    return _checked(year, str(_small(match["cm"])), str(_small(match["cd"])) if match["cd"] else None)


def _small(numeral: str) -> int:
    """Return the value of a Chinese numeral below 100: 十一, 二十四, 廿三."""
    numeral = numeral.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = numeral.rpartition("十")
    unit = _CN.index(ones) - 3 if ones and len(ones) == 1 else 0
    return (_CN.index(tens[0]) - 3 if tens else 1) * 10 + unit if ten else unit


def _checked(year: str, month: str, day: str | None) -> str | None:
    try:
        told = date(int(year), int(month), int(day) if day else 1)
    except ValueError:  # 2006-13-40 is no date, and says nothing
        return None
    return told.isoformat() if day else told.isoformat()[:7]
