"""docs/format.md and docs/result.schema.json say what a result is: real results are held to them."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import re
from dataclasses import fields

import pytest

from dedup import Document, Params, scan
from dedup.params import BOUNDS, LABELS
from dedup.result import GRADES, SCHEMA
from dedup.schema import EditKind, PassageKind, Reason
from dedup.steps.contrast import KINDS
from tests.docs.blocks import ROOT, blocks

PAGE = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
RULES = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_CHECKED = {
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "enum", "const",
    "minimum", "maximum", "pattern", "$ref",
}  # fmt: skip
_SAID = {"$schema", "$id", "$defs", "title", "description"}


def problems(value, rules=RULES, where="result"):
    """Yield where a value breaks the rules: the part of JSON Schema 2020-12 that the file uses, and no other."""
    assert set(rules) <= _CHECKED | _SAID, f"{where}: this validator does not know {set(rules) - _CHECKED - _SAID}"
    if "$ref" in rules:
        yield from problems(value, RULES["$defs"][rules["$ref"].removeprefix("#/$defs/")], where)
    kinds = rules.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{where} is {value!r}, no {kinds}"
        return
    if "const" in rules and value != rules["const"]:
        yield f"{where} is {value!r}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"{where} is {value!r}, none of {rules['enum']}"
    if isinstance(value, str) and not re.search(rules.get("pattern", ""), value):
        yield f"{where} is {value!r}, wanted {rules['pattern']}"
    if type(value) in (int, float) and not rules.get("minimum", value) <= value <= rules.get("maximum", value):
        yield f"{where} is {value}"
    if isinstance(value, list):
        yield from _list_problems(value, rules, where)
    if isinstance(value, dict):
        yield from _object_problems(value, rules, where)


def _is(value, kind):
    if kind in ("number", "integer"):
        return type(value) is int or (kind == "number" and type(value) is float)
    return isinstance(value, _TYPES[kind])


def _list_problems(value, rules, where):
    first = rules.get("prefixItems", [])
    if len(value) < rules.get("minItems", 0):
        yield f"{where} has {len(value)} items"
    for row, one in enumerate(value):
        rest = rules.get("items", True)
        if row < len(first):
            yield from problems(one, first[row], f"{where}[{row}]")
        elif rest is False:
            yield f"{where} has too many items"
        elif rest is not True:
            yield from problems(one, rest, f"{where}[{row}]")


def _object_problems(value, rules, where):
    known = rules.get("properties", {})
    for name in rules.get("required", []):
        if name not in value:
            yield f"{where} lacks {name}"
    for name, one in value.items():
        rest = rules.get("additionalProperties", True)
        if name in known:
            yield from problems(one, known[name], f"{where}.{name}")
        elif rest is False:
            yield f"{where} has {name}"
        elif rest is not True:
            yield from problems(one, rest, f"{where}.{name}")


@pytest.fixture(scope="module")
def result():
    return scan([ROOT / "data" / "reports", "nowhere.txt"], templates=[ROOT / "data" / "template.txt"])


@pytest.mark.parametrize("texts", [False, True])
def test_a_real_result_is_what_the_schema_says(result, texts):
    """The sample corpus, with a template and something unreadable, with and without texts."""
    data = json.loads(result.to_json(texts=texts))
    assert list(problems(data)) == []
    assert data["skipped"] and {row["label"] for row in data["clusters"]} >= {"copy", "self", "formula", "furniture"}


def test_results_with_bounds_and_without_anything_are_what_the_schema_says():
    """A flood that reaches the bounds, and a result without a document."""
    text = "渠首的闸门每晚九点由值班员落锁，钥匙交到下一班手里才算下班，十年没有断过一天。"
    flood = scan([Document(f"{n:03}.txt", f"{text}第{n}份") for n in range(40)], Params(bucket=2, anchor_bucket=2))
    assert flood.limits
    for one in (flood, scan([])):
        assert list(problems(json.loads(one.to_json()))) == []


@pytest.mark.parametrize(
    "breaks",
    [
        lambda data: data.pop("limits"),
        lambda data: data.update(more=1),
        lambda data: data["documents"][0].update(chars="861"),
        lambda data: data["documents"][0]["labels"].pop("own"),
        lambda data: data["documents"][0]["rates"].update(copied=1.5),
        lambda data: data["documents"][0]["marks"][0].append(1),
        lambda data: data["documents"][0]["marks"][0].__setitem__(2, "slogan"),
        lambda data: data["passages"][0].update(grade="D"),
        lambda data: data["passages"][0]["left"].update(line=0),
        lambda data: data["passages"][0].update(kind=True),
        lambda data: data["clusters"][0].update(members=data["clusters"][0]["members"][:1]),
        lambda data: data["clusters"][0].update(id="5D1C"),
        lambda data: data["params"].update(threshold=0.1),
        lambda data: data.update(schema="dedup.result/2"),
    ],
)
def test_the_schema_refuses_what_is_no_result(result, breaks):
    """Each kind of fault, made by hand in a real result, is found: the validator does not wave things through."""
    data = copy.deepcopy(json.loads(result.to_json()))
    breaks(data)
    assert len(list(problems(data))) == 1


def test_the_schema_knows_every_label_kind_and_bound():
    """Words and bounds in the file are those of the code."""
    defs = RULES["$defs"]
    assert RULES["properties"]["schema"]["const"] == SCHEMA
    assert defs["cluster"]["properties"]["label"]["enum"] == list(LABELS)
    assert list(defs["document"]["properties"]["labels"]["properties"]) == list(LABELS)
    assert set(defs["passage"]["properties"]["grade"]["enum"]) == set(GRADES)
    assert defs["passage"]["properties"]["kind"]["enum"] == [kind.name.lower() for kind in PassageKind]
    assert defs["change"]["properties"]["kind"]["enum"] == list(KINDS)
    settings = defs["params"]["properties"]
    assert list(settings) == [field.name for field in fields(Params)]
    assert {name: (rule["minimum"], rule["maximum"]) for name, rule in settings.items() if "minimum" in rule} == {
        name: (low, high) for name, low, high in BOUNDS
    }


def test_the_page_names_every_field_and_every_word():
    """Each field of the schema, each kind of repair and each reason stands in docs/format.md between backticks."""
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    wanted = {name for rules in RULES["$defs"].values() for name in rules.get("properties", {})}
    wanted -= set(RULES["$defs"]["params"]["properties"])
    wanted |= set(RULES["properties"]) | {kind.name.lower() for kind in (*EditKind, *PassageKind)} | set(KINDS)
    wanted |= {reason.name.lower() for reason in Reason}
    assert wanted <= named, wanted - named


def test_the_script_of_the_page_computes_the_rates_from_the_json(result, tmp_path, monkeypatch):
    """It agrees with the result exactly, for every document."""
    (script,) = [block.text for block in blocks(PAGE) if block.lang == "python"]
    (tmp_path / "result.json").write_text(result.to_json(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "format.md", "exec"), {})
    said = [line.rpartition(" ")[2] for line in printed.getvalue().splitlines()]
    assert said == ["True"] * len(result.documents)
    data = json.loads(result.to_json())
    assert sum(row["rates"]["sources"] > 1 for row in data["documents"]) > 5, "rates of one source test little"
