"""An `Explanation` as text: the decision first, then every figure on the way to it, in the order of the way.

The face of ``dedup explain``. Hostile text is treated as in `dedup.report.terminal`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedup.explanation import Aligned, Explanation, Side
from dedup.report.listing import label_and_grade, percent, place, visible
from dedup.report.words import Words, evidence_sentence, words
from dedup.result import Change

KEY = 80
"""Characters shown of each key text."""

PASSAGES = 5
"""Passages shown."""

LENGTH = 300
"""Characters shown of a passage."""


def plain(told: Explanation, *, lang: str = "zh", everything: bool = False) -> Iterator[str]:
    """Yield the account line by line, without line ends.

    Parameters
    ----------
    told : Explanation
    lang : str
    everything : bool
        Whether key texts, passages and their number are shown in full.

    Raises
    ------
    ParamsError
        If there is no such language.
    """
    vocabulary = words(lang)
    sides = (("left", told.left), ("right", told.right))
    say = vocabulary.say
    for name, side in sides:
        yield say(
            "explain_side",
            side=vocabulary.heading(name),
            name=visible(side.name),
            chars=len(side.text),
            folded=len(side.key),
            paragraphs=side.paragraphs,
        )
    yield _verdict(told, vocabulary)
    yield ""
    yield say("explain_keys")
    for name, side in sides:
        yield f"   {vocabulary.heading(name)}  {_cut(side.key, KEY, vocabulary, everything)}"
        yield from (f"      {line}" for line in _dropped(side, vocabulary))
    yield ""
    yield say("explain_sets", k=told.params.shingle)
    yield f"   {_sets(told, vocabulary)}"
    yield from (f"   {line}" for line in _likest(told, vocabulary))
    yield ""
    yield say("explain_anchors", k=told.params.anchor, window=told.params.window)
    yield "   " + say(
        "explain_shared_anchors",
        left=told.left.anchors,
        right=told.right.anchors,
        shared=told.anchors,
        run=told.run,
    )
    yield ""
    yield say("explain_alignment")
    yield from (f"   {line}" for line in _alignment(told, vocabulary, everything))


def _verdict(told: Explanation, vocabulary: Words) -> str:
    facts: dict[str, object] = {
        "count": len(told.found),
        "min_chars": told.params.min_chars,
        "threshold": told.params.threshold,
        "run": told.run,
    }
    if told.nearly is not None:
        facts |= {
            "matches": told.nearly.matches,
            "wording": percent(told.nearly.passage.wording),
            "needed": percent(told.nearly.needed),
        }
    return vocabulary.say(f"explain_{told.verdict}", **facts)


def _dropped(side: Side, vocabulary: Words) -> Iterator[str]:
    if side.slots:
        yield vocabulary.say("explain_slots", count=side.slots)
    if side.repairs:
        joint = vocabulary.say("joint")
        kinds = joint.join(
            vocabulary.say("explain_repair", kind=vocabulary.repairs.get(kind, kind), count=count)
            for kind, count in side.repairs.items()
        )
        yield vocabulary.say("explain_repairs", kinds=kinds)


def _sets(told: Explanation, vocabulary: Words) -> str:
    whole = told.whole
    one, other = whole.contained
    return vocabulary.say(
        "explain_whole",
        left=whole.left,
        right=whole.right,
        shared=whole.shared,
        jaccard=f"{whole.jaccard:.3f}",
        contained_left=percent(one),
        contained_right=percent(other),
    )


def _likest(told: Explanation, vocabulary: Words) -> Iterator[str]:
    """Yield how the likest two paragraphs fare on the paragraph route."""
    likest = told.likest
    if likest is None:
        yield vocabulary.say("explain_no_paragraphs", k=told.params.shingle)
        return
    lines = [
        side.text.count("\n", 0, range_[0]) + 1
        for side, range_ in ((told.left, likest.left), (told.right, likest.right))
    ]
    reached = likest.sets.jaccard >= told.params.threshold
    yield vocabulary.say(
        "explain_likest",
        left=lines[0],
        right=lines[1],
        shared=likest.sets.shared,
        union=likest.sets.left + likest.sets.right - likest.sets.shared,
        jaccard=f"{likest.sets.jaccard:.3f}",
        threshold=told.params.threshold,
        reached=vocabulary.say("explain_reached" if reached else "explain_missed"),
    )
    yield vocabulary.say(
        "explain_bands",
        values=likest.values,
        num_perm=told.params.num_perm,
        bands=likest.bands,
        rows=likest.rows,
        met=likest.met,
        chance=f"{likest.chance:.4f}",
    )


def _alignment(told: Explanation, vocabulary: Words, everything: bool) -> Iterator[str]:
    if not told.found and told.nearly is None:
        yield vocabulary.say("explain_no_alignment")
        return
    if told.nearly is not None:
        yield vocabulary.say("explain_second_look")
        yield from _passage(told, told.nearly, vocabulary, everything)
        return
    shown = told.found if everything else told.found[:PASSAGES]
    for aligned in shown:
        yield from _passage(told, aligned, vocabulary, everything)
    if len(told.found) > len(shown):
        yield vocabulary.say("more_passages", count=len(told.found) - len(shown))


def _passage(told: Explanation, aligned: Aligned, vocabulary: Words, everything: bool) -> Iterator[str]:
    passage = aligned.passage
    known = not told.nearly
    head = [label_and_grade(passage.label, passage.grade, vocabulary)] if known else []
    head += [
        vocabulary.say("explain_wording", wording=percent(passage.wording), matches=aligned.matches),
        vocabulary.say("explain_similarity", similarity=percent(passage.similarity)),
        vocabulary.kinds.get(passage.kind, passage.kind),
    ]
    if passage.kind != "rewritten":
        head.insert(2, vocabulary.say("explain_needed", needed=percent(aligned.needed)))
    yield vocabulary.say("joint").join(head)
    for name, side, span in (("left", told.left, passage.left), ("right", told.right, passage.right)):
        text = visible(side.text[span.start : span.end])
        where = f"{place(span, vocabulary)}  {span.start}–{span.end}"
        yield f"   {vocabulary.heading(name)}  {where}  {_cut(text, LENGTH, vocabulary, everything)}"
    if passage.changes:
        yield f"   {vocabulary.say('explain_changes', count=len(passage.changes))}"
        yield f"      {_cut(_woven(told, aligned), 2 * LENGTH, vocabulary, everything)}"
    if known and aligned.cluster is not None:
        yield from (f"   · {evidence_sentence(one, vocabulary.lang)}" for one in aligned.cluster.evidence)


def _woven(told: Explanation, aligned: Aligned) -> str:
    """Return the left text of a passage with each change in brackets: ``三[个→位]徒弟``."""
    span = aligned.passage.left
    text, at = "", span.start
    for change in sorted(aligned.passage.changes, key=lambda change: change.left):
        text += told.left.text[at : change.left[0]] + _bracket(told, change)
        at = max(at, change.left[1])
    return visible(text + told.left.text[at : span.end])


def _bracket(told: Explanation, change: Change) -> str:
    left, right = told.left.text[slice(*change.left)], told.right.text[slice(*change.right)]
    return f"[{left}→{right}]"


def _cut(text: str, length: int, vocabulary: Words, everything: bool) -> str:
    if everything or len(text) <= length:
        return visible(text)
    return visible(text[:length]) + vocabulary.say("cut", count=len(text) - length)
