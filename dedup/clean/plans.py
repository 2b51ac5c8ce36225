"""A result and a policy to the list of removals: what goes, because of what, and what stays in its place.

Nothing is read or written here; `plan` is a pure function, and `Plan.kept` gives the cleaned text of any document,
so that texts in memory can be cleaned without a file.

Chains. Families overlap: what one family would keep, another would remove, and following one removal to the next
could end with no copy left at all. Two marks on each character prevent it: *claimed* (a copy of it stays elsewhere)
and *pinned* (it is that copy, for somebody). No character bears both, a claimed member never becomes a partner, and a
unit with a pinned character in it does not go. So every partner that a removal names stands in the output.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dedup.clean.claims import settle
from dedup.clean.desk import Desk
from dedup.clean.policy import CleanPolicy
from dedup.clean.removal import Plan
from dedup.clean.whole import settle_documents
from dedup.result import Result


def plan(
    result: Result,
    policy: CleanPolicy,
    *,
    order: Sequence[int] | None = None,
    against: Collection[int] = (),
    only_against: bool = False,
) -> Plan:
    """Decide what goes.

    Parameters
    ----------
    result : Result
        With texts.
    policy : CleanPolicy
    order : sequence of int, optional
        Document ids in input order, for ``keep="first"`` and all ties; by default the order of the result.
    against : collection of int
        Documents that are never cut. If any are given, only what stands in one of them goes.
    only_against : bool
        Nothing goes but for these documents, even where there are none: an archive that shares nothing with a corpus
        is no reason to clean the corpus of itself.

    Returns
    -------
    Plan

    Raises
    ------
    ParamsError
        If a document has no text, or ``order`` is not a permutation of the documents.

    Notes
    -----
    Families are settled longest first, then in input order of their first member, then by id; nothing depends on
    hashing or on the order of the result's lists. Linear in characters and members, but for families with several
    kept members (see `dedup.clean.claims`).

    Examples
    --------
    >>> from dedup import Document, scan
    >>> from dedup.clean import CleanPolicy, kept, plan
    >>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
    >>> result = scan([Document("1", block), Document("2", block)])
    >>> decided = plan(result, CleanPolicy())
    >>> [kept(info.text, decided.by_document().get(info.id, ())) == info.text for info in result.documents]
    [True, False]
    """
    if only_against and not against:
        return Plan(())
    desk = Desk(result, policy, order, frozenset(against))
    return settle_documents(desk) if policy.level == "document" else settle(desk)
