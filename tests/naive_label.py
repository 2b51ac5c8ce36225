"""The slow twin of `dedup.steps.label`: its rules by sets of positions, its layers position by position."""

from __future__ import annotations

from dataclasses import dataclass, field

from dedup.params import LABELS
from dedup.schema import ParagraphKind, PassageKind, Reason

Span = tuple[int, int]

ORDER = (
    (Reason.PAGE_NOISE, "furniture"),
    (Reason.TITLES, "furniture"),
    (Reason.TEMPLATE, "template"),
    (Reason.REFERENCE, "citation"),
    (Reason.QUOTED, "citation"),
    (Reason.COMMON, "formula"),
    (Reason.CONTEXT, "formula"),
    (Reason.AROUND, "formula"),
    (Reason.ONE_REPORT, "self"),
    (Reason.ONE_ISSUER, "self"),
    (Reason.MANY_ISSUERS, "mass"),
    (Reason.STRUNG, "formula"),
)
LAYERS = ("formula", "copy", "mass", "self", "citation", "template", "furniture")


@dataclass
class Member:
    """A member of a family: key range, what a reader would cut out, wording with the medoid."""

    keys: Span
    raw: Span
    wording: float


@dataclass
class Family:
    """A family with what the earlier steps say of it; ``passages`` are (kind, wording)."""

    members: list[Member]
    medoid: int
    passages: list[tuple[int, float]]
    surplus: float
    bits: float
    contexts: float
    continued: bool
    paragraph: bool


@dataclass
class World:
    """Texts whose key stream they are themselves; paragraphs are (document, start, end, kind, level, part)."""

    text: str
    documents: list[Span]
    issuers: list[str | None]
    paragraphs: list[tuple[int, int, int, int, int, int]]
    parts: list[tuple[int, int, int]]
    families: list[Family]
    ranges: dict[str, list[Span]] = field(default_factory=dict)


def places(ranges: list[Span]) -> set[int]:
    """The positions in ranges."""
    return {place for start, end in ranges for place in range(start, end)}


def document(world: World, place: int) -> int:
    return next(n for n, (start, end) in enumerate(world.documents) if start <= place < end)


def quotations(world: World, longest: int) -> list[Span]:
    """From an opening mark to the next closing one of its kind, the outermost, within a document."""
    found = []
    for start, end in world.documents:
        for opening, closing in ("“”", "「」", "『』"):
            closed = set()
            for at in range(start, end):
                close = world.text.find(closing, at)
                if world.text[at] == opening and at < close < end and close not in closed:
                    closed.add(close)
                    if close + 1 - at <= longest:
                        found.append((at, close + 1))
    outer: list[Span] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not outer or start >= max(span[1] for span in sorted(found) if span[0] < start):
            outer.append((start, end))
    return outer


def hand(world: World, member: Member) -> tuple[int, object]:
    """The report that a member stands in, and who wrote it."""
    where = document(world, member.raw[0])
    borders = [world.documents[where][0], *(start for of, start, _ in world.parts if of == where)]
    report = max(border for border in borders if border <= member.raw[0])
    return report, world.issuers[where] if len(borders) == 1 and world.issuers[where] else report


def titles(world: World, head: int) -> set[int]:
    """The positions of titles of parts, and of headings of the first level among the first paragraphs of a report."""
    found, before, nth = set(), None, 0
    for of, start, end, kind, level, part in world.paragraphs:
        nth = nth + 1 if (of, part) == before else 0
        before = (of, part)
        if kind == ParagraphKind.PART_TITLE or (kind == ParagraphKind.HEADING and level <= 1 and nth < head):
            found |= set(range(start, end))
    return found


def rules(world: World, params) -> list[set[Reason]]:
    """Which rules hold of each family."""
    covered = {name: places(ranges) for name, ranges in world.ranges.items()}
    covered["quoted"] = places(quotations(world, 3_000))
    covered["titles"] = titles(world, 4)

    def lies(member: Member, name: str, share: float) -> bool:
        return len(covered[name] & set(range(*member.raw))) >= share * (member.raw[1] - member.raw[0])

    found = []
    for family in world.families:
        members, medoid = family.members, family.members[family.medoid]
        length = medoid.keys[1] - medoid.keys[0]
        short = length <= params.formula_chars
        said = world.text[medoid.raw[0] : medoid.raw[1] - 1]
        clause = not any(mark in said for mark in "。！？；!?;\n")
        woven = family.continued or length <= 24
        free = (woven and family.surplus <= params.clause_bits) or (
            not family.paragraph and family.surplus <= 4 / 3 * params.formula_bits
        )
        hands = [hand(world, member) for member in members]
        holds = {
            Reason.PAGE_NOISE: sum(not lies(member, "furniture", 0.5) for member in members) < 2,
            Reason.TITLES: all(
                2 * len(covered["titles"] & set(range(*member.keys))) >= member.keys[1] - member.keys[0]
                for member in members
            ),
            Reason.TEMPLATE: 2 * sum(lies(member, "template", 0.5) for member in members) > len(members),
            Reason.REFERENCE: 2 * sum(lies(member, "citation", 0.8) for member in members) > len(members),
            Reason.QUOTED: all(lies(member, "quoted", 0.6) for member in members),
            Reason.COMMON: short and family.surplus <= params.formula_bits and family.surplus <= 0.7 * length,
            Reason.CONTEXT: short and clause and free and family.contexts >= params.formula_issuers - 1e-9,
            Reason.ONE_REPORT: len({report for report, _ in hands}) == 1,
            Reason.ONE_ISSUER: len({who for _, who in hands}) == 1,
            Reason.MANY_ISSUERS: len({who for _, who in hands}) >= params.mass_issuers,
        }
        found.append({reason for reason, held in holds.items() if held})
    formula = [not held.isdisjoint({Reason.COMMON, Reason.CONTEXT}) for held in found]
    chosen = [family for family, held in zip(world.families, formula, strict=True) if held]
    slogans = places([member.raw for family in chosen for member in family.members])
    for family, held in zip(world.families, found, strict=True):
        odd = beside = 0
        for n, member in enumerate(family.members):
            others = [other.wording for at, other in enumerate(family.members) if at != family.medoid]
            wording = max([0.0, *others]) if n == family.medoid else member.wording
            size = max(member.raw[1] - member.raw[0], 1)
            share = len(slogans & set(range(*member.raw))) / size
            odd += (member.keys[1] - member.keys[0]) * (wording - share) < params.min_chars
            beside += share > 0
        if 2 * odd > len(family.members) and 2 * beside > len(family.members):
            medoid = family.members[family.medoid]
            short = medoid.keys[1] - medoid.keys[0] <= params.formula_chars
            held |= {Reason.STRUNG} | ({Reason.AROUND} if short else set())
    return found


def decided(holds: set[Reason], labels) -> tuple[str, Reason]:
    """Label and reason: those of the first rule that holds and is switched on."""
    return next(((name, why) for why, name in ORDER if why in holds and name in labels), ("copy", Reason.REST))


def strength(family: Family) -> int:
    """1 for A, 2 for B, 3 for C."""
    weakest = min(member.wording for member in family.members)
    start, end = family.members[family.medoid].keys
    in_order = not family.passages or any(
        kind == PassageKind.ALIGNED or wording >= 0.95 for kind, wording in family.passages
    )
    if in_order and weakest >= 0.95 and end - start >= 80 and family.bits >= 120:
        return 1
    return 2 if in_order and weakest >= 0.8 and end - start >= 40 else 3


def painted(world: World, decisions: list[tuple[str, Reason]], labels) -> list[tuple[str, int]]:
    """Label and family of every position."""
    strokes = []
    for number, (family, (name, why)) in enumerate(zip(world.families, decisions, strict=True)):
        if why not in (Reason.PAGE_NOISE, Reason.TEMPLATE):
            strokes += [(name, number, member.raw) for member in family.members]
    for name in ("furniture", "template", "citation"):
        strokes += [(name, -1, span) for span in world.ranges[name] if name in labels]
    strokes.sort(key=lambda one: (LAYERS.index(one[0]), one[1] < 0, one[2][0] - one[2][1]))
    found = [("own", -1)] * len(world.text)
    for name, number, (start, end) in strokes:
        found[start:end] = [(name, number)] * (end - start)
    return found


def runs(world: World, values: list) -> list[tuple[int, int, object]]:
    """Maximal runs of equal values within documents; None is no run."""
    found: list[tuple[int, int, object]] = []
    for start, end in world.documents:
        for at in range(start, end):
            if values[at] is None:
                continue
            if at > start and found and found[-1][1] == at and found[-1][2] == values[at]:
                found[-1] = (found[-1][0], at + 1, values[at])
            else:
                found.append((at, at + 1, values[at]))
    return found


def hidden(world: World, shown: list[tuple[str, int]]) -> list[tuple[int, int, int]]:
    """What is not shown of page noise, forms and references."""
    found = []
    for name in ("furniture", "template", "citation"):
        wanted = places(world.ranges[name])
        code = LABELS.index(name)
        values = [code if at in wanted and shown[at] != (name, -1) else None for at in range(len(world.text))]
        found += [(start, end, code) for start, end, _ in runs(world, values)]
    return found
