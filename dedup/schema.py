"""The frozen tables that steps exchange: columns of numpy arrays, one row per thing.

Two coordinate systems appear, and every column says which one it uses:

- **raw**: code points of all texts of a batch laid end to end; document ``d`` owns ``[texts.indptr[d],
  texts.indptr[d + 1])``. A public offset is a raw offset minus the document's first.
- **key**: positions in the key stream, the folded copy that matching looks at. Key positions never leave
  `dedup.steps`; `KeyStream.raw_span` is the way back.

Tables are made by one step each and read by later ones; nobody writes into a table after it is made.
`indptr` columns are prefix sums as in a CSR matrix: row ``i`` owns ``[indptr[i], indptr[i + 1])``.
"""

from __future__ import annotations

from codecs import utf_32_le_decode
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]
UInt16 = NDArray[np.uint16]
UInt8 = NDArray[np.uint8]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


def string(codes: UInt32) -> str:
    """Return code points, in a row in memory, as a string, without a copy of them; surrogates stay what they are."""
    return utf_32_le_decode(codes, "surrogatepass", True)[0]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of a batch as code points, laid end to end.

    codes : uint32[N]     raw code points, exactly as decoded (surrogates from broken JSON included)
    indptr : int64[D+1]   document ``d`` owns ``codes[indptr[d]:indptr[d+1]]``

    Made by `dedup.steps.repair.lay_out`; read by repair, normalise, segment, align, label.
    """

    codes: UInt32
    indptr: Int64

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.indptr) - 1

    def document_of(self, raw: Int64) -> Int64:
        """Return, for raw positions, the documents they stand in (int64, same shape)."""
        return np.searchsorted(self.indptr, raw, side="right") - 1


class EditKind(IntEnum):
    """What a machine did to the text at one place."""

    PINYIN = 0  # 鄉(xiāng): the annotation is dropped
    MOJIBAKE = 1  # ?，F(xiàn) for 。现: replaced by what stood there
    INVISIBLE = 2  # zero width, private use, control, soft hyphen
    COMPAT = 3  # Kangxi radicals, compatibility ideographs, homoglyphs
    SITE = 4  # text glued in by a site: （请关注好范文网:）
    PAGE = 5  # a page number inside a sentence
    REPLACED = 6  # U+FFFD: counted, dropped
    RUBY = 7  # ruby markup left in plain text


@dataclass(frozen=True, slots=True)
class Edits:
    """Repairs found in the texts; never applied to the stored text, only to the key stream.

    start, end : int64[E]     raw range that the edit replaces, sorted, disjoint, within one document
    kind : uint8[E]           an `EditKind`
    indptr : int64[E+1]       edit ``e`` puts ``codes[indptr[e]:indptr[e+1]]`` in place (empty: deletion)
    codes : uint32[...]       replacement code points

    Made by `dedup.steps.repair`; read by normalise and by the counts in the result.
    """

    start: Int64
    end: Int64
    kind: UInt8
    indptr: Int64
    codes: UInt32


class SlotKind(IntEnum):
    """What stood where the key stream has nothing."""

    DIGITS = 0  # 12,000  ３.５  2024
    NUMERAL = 1  # 三百二十 where it is a figure
    MASK = 2  # ×× XX ** __ 某 □ ○○


@dataclass(frozen=True, slots=True)
class Slots:
    """Numbers and masks: left out of the key stream, kept here with their place.

    start, end : int64[S]   raw range, sorted, disjoint
    key : int64[S]          number of key code points before it, over the whole batch
    kind : uint8[S]         a `SlotKind`
    """

    start: Int64
    end: Int64
    key: Int64
    kind: UInt8


@dataclass(frozen=True, slots=True)
class KeyStream:
    """The folded copy of the texts that matching looks at, with the way back.

    codes : uint32[K]      folded code points
    origin : uint32[K]     raw position of the code point each came from; strictly increasing but for
                           repairs that put several code points in one place (then not decreasing)
    span : uint16[K]       raw code points it stands for: text ``[origin, origin + span)``, at least 1
    indptr : int64[D+1]    document ``d`` owns ``codes[indptr[d]:indptr[d+1]]``
    slots : Slots          what was dropped but matters: numbers and masks

    Made by `dedup.steps.normalise`; read by every later step.
    """

    codes: UInt32
    origin: UInt32
    span: UInt16
    indptr: Int64
    slots: Slots

    def raw_span(self, start: Int64, end: Int64) -> tuple[Int64, Int64]:
        """Map key ranges ``[start, end)``, each of at least one code point, to raw ranges (int64 arrays)."""
        return self.origin[start].astype(np.int64), self.origin[end - 1].astype(np.int64) + self.span[end - 1]

    def first_from(self, raw: Int64) -> Int64:
        """Return the first key positions that come from raw positions or from behind them (int64, same shape)."""
        return np.searchsorted(self.origin, raw.astype(np.uint32))  # for wider ones numpy would copy all of it wider


@dataclass(frozen=True, slots=True)
class Surface:
    """What similarity compares: the texts repaired, with width, script, case and white space folded, nothing else.

    codes : uint32[M]     folded code points; numbers, names, masks and punctuation are kept
    origin : int64[M]     raw position of the code point each came from, not decreasing

    Made by `dedup.steps.normalise.surfaces`; read by `dedup.clean.link`.
    """

    codes: UInt32
    origin: Int64

    def slice(self, start: int, end: int) -> UInt32:
        """Return the folded code points that came from a raw range."""
        return self.codes[slice(*np.searchsorted(self.origin, (start, end)))]


class ParagraphKind(IntEnum):
    """What a paragraph is, by its shape."""

    BODY = 0
    HEADING = 1
    PART_TITLE = 2
    LIST_ITEM = 3
    TABLE_ROW = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of collection files (第一篇：…, 篇二 …). A document without such titles has no part.

    document : int64[T]
    raw_start, raw_end : int64[T]       the part, title included
    title_start, title_end : int64[T]   its title line
    """

    document: Int64
    raw_start: Int64
    raw_end: Int64
    title_start: Int64
    title_end: Int64


@dataclass(frozen=True, slots=True)
class Segments:
    """Paragraphs (wrapped lines joined), parts and sentences: cuts in the key stream.

    document : int64[P]           document of each paragraph
    start, end : int64[P]         key range (may be empty: a paragraph of digits only)
    raw_start, raw_end : int64[P] raw range without surrounding white space
    kind : uint8[P]               a `ParagraphKind`
    level : uint8[P]              heading level, 1 the highest; 0 for what is no heading
    part : int64[P]               row in `parts`, or -1
    heading : int64[P]            row of the nearest heading above in the same document, or -1 (a heading
                                  points to its parent, so the chain is the heading path)
    sentences : int64[X]          key positions at which a sentence begins, sorted, paragraph starts included
    lines : int64[L]              raw positions at which a line begins, sorted, over the whole batch
    parts : Parts

    Paragraphs are in text order and do not overlap. Made by `dedup.steps.segment`.
    """

    document: Int64
    start: Int64
    end: Int64
    raw_start: Int64
    raw_end: Int64
    kind: UInt8
    level: UInt8
    part: Int64
    heading: Int64
    sentences: Int64
    lines: Int64
    parts: Parts


@dataclass(frozen=True, slots=True)
class Shingles:
    """The set of k-gram hashes of each paragraph.

    indptr : int64[P+1]   the set of row ``p`` begins at ``hashes[indptr[p]]``
    length : int64[P]     and has so many hashes (places between sets may be unused)
    hashes : uint64[M]    sorted and distinct within a set

    Made by `dedup.steps.shingle` for the paragraphs asked for; read by sketch and verify.
    """

    indptr: Int64
    length: Int64
    hashes: UInt64


@dataclass(frozen=True, slots=True)
class Sketches:
    """MinHash signatures, value for value those of datasketch (scheme affine32).

    values : uint32[P, num_perm]   a paragraph without shingles has 2**32 - 1 throughout
    """

    values: UInt32


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of paragraphs, ``left < right``, distinct, sorted.

    left, right : int64[Q]        rows of `Segments`
    shared : int64[Q]             shingles in both (0 before verification)
    jaccard : float64[Q]          exact Jaccard index of the shingle sets (nan before verification)
    contained_left : float64[Q]   share of the left set that is in the right one
    contained_right : float64[Q]  the reverse
    """

    left: Int64
    right: Int64
    shared: Int64
    jaccard: Float64
    contained_left: Float64
    contained_right: Float64


@dataclass(frozen=True, slots=True)
class Seeds:
    """Places that share an anchor or lie in a verified pair: where alignment starts.

    left, right : int64[S]   key positions, ``left < right``
    length : int64[S]        key code points known to be equal from there on

    Distinct, sorted by (document of left, document of right, left, right).
    """

    left: Int64
    right: Int64
    length: Int64


class PassageKind(IntEnum):
    """How two spans correspond."""

    ALIGNED = 0  # in one order, with edits
    SHUFFLED = 1  # the same sentences or clauses in another order
    REWRITTEN = 2  # the same words, not the same characters in a row


@dataclass(frozen=True, slots=True)
class Passages:
    """Pairs of spans that say the same; one copy is one row.

    left_start, left_end, right_start, right_end : int64[R]   key ranges; left before right
    matches : int64[R]     key code points matched one to one
    wording : float64[R]   ``2 * matches / (left length + right length)``
    kind : uint8[R]        a `PassageKind`
    """

    left_start: Int64
    left_end: Int64
    right_start: Int64
    right_end: Int64
    matches: Int64
    wording: Float64
    kind: UInt8


@dataclass(frozen=True, slots=True)
class Families:
    """Families of spans that say the same, each member verified against the medoid.

    indptr : int64[F+1]        family ``f`` owns members ``[indptr[f], indptr[f+1])``
    start, end : int64[G]      key range of each member, in text order within the family
    wording : float64[G]       identity of the member with the medoid (1 for the medoid itself)
    medoid : int64[F]          row (in the member columns) of the medoid
    passages : int64[...]      passage rows by family, see `passage_indptr`
    passage_indptr : int64[F+1]
    """

    indptr: Int64
    start: Int64
    end: Int64
    wording: Float64
    medoid: Int64
    passages: Int64
    passage_indptr: Int64


@dataclass(frozen=True, slots=True)
class Usage:
    """How freely the words of each family are used.

    units : int64[F]         issuers (else files) among the members
    contexts : float64[F]    effective number of contexts, see `dedup.steps.usage`; 0 where it was not asked
    continued : bool[F]      three in four are no whole sentence: it goes on before or behind them
    paragraph : bool[F]      most members are whole lines, and no heading

    Made by `dedup.steps.usage`; read by label.
    """

    units: Int64
    contexts: Float64
    continued: Bool
    paragraph: Bool


class Reason(IntEnum):
    """Which rule of `dedup.steps.label` decided a family's label."""

    PAGE_NOISE = 0  # its members outside page noise are fewer than two
    TITLES = 1  # titles and headings repeated
    TEMPLATE = 2  # it agrees with a template the user gave
    REFERENCE = 3  # it agrees with a reference the user gave
    QUOTED = 4  # every member stands inside quotation marks
    COMMON = 5  # short, and its k-grams are common in official prose
    CONTEXT = 6  # short, and several issuers have it, each between other words
    ONE_REPORT = 7  # all members stand in one report
    ONE_ISSUER = 8  # all members are of one issuer
    MANY_ISSUERS = 9  # a block in many issuers' reports
    REST = 10  # nothing explains it
    AROUND = 11  # a formula and less than a passage around it
    STRUNG = 12  # formulas one behind the other, longer than one may be


@dataclass(frozen=True, slots=True)
class Labels:
    """What each character is, and what each family is.

    start, end : int64[U]      raw ranges, sorted, disjoint, covering every document in full; none crosses into
                               another document
    label : uint8[U]           index into `dedup.params.LABELS`
    family : int64[U]          family that decided it, or -1
    hidden : int64[n, 3]       raw range and label of page noise, form or reference that another label lies over, or
                               whose label is switched off; none crosses into another document
    family_label : uint8[F]    index into `dedup.params.LABELS`
    family_grade : uint8[F]    index into `dedup.result.GRADES`
    reason : uint8[F]          a `Reason`
    rules : uint16[F]          bit r is set if the rule of `Reason` r holds, whether or not it decided
    strength : uint8[F]        grade it has, or would have if it were called copying
    bits : float64[F]          information of the medoid, in bits
    surplus : float64[F]       how much of it is more than usual
    contexts : float64[F]      effective number of contexts, see `Usage`
    issuers : int64[F]         independent issuers among the members
    """

    start: Int64
    end: Int64
    label: UInt8
    family: Int64
    hidden: Int64
    family_label: UInt8
    family_grade: UInt8
    reason: UInt8
    rules: UInt16
    strength: UInt8
    bits: Float64
    surplus: Float64
    contexts: Float64
    issuers: Int64
