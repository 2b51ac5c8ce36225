"""Which documents go is what a slow twin says that asks every document about every other."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dedup.clean import Claim, CleanPolicy, Plan, Removal
from dedup.clean.desk import Desk, letters
from dedup.clean.link import Links
from dedup.clean.whole import settle_documents
from dedup.result import Document
from tests.clean.hand import family, found, result_of

_BLOCKS = (
    "磨坊换了新的石磨。",
    "渡船三月起改在上游靠岸，",
    "晒场四角立木桩子。",
    "邮差走山脊！",
    "井绳由各家轮流更换；月底结清。",
)
_OWN = ("春汛来得早。", "集镇搬迁了，", "另有一句自己的话。")


def made(seed: int) -> tuple[Desk, list[str]]:
    """Documents pieced together from a few blocks, their families, page noise, a policy, some to be held against."""
    rng = random.Random(seed)
    texts = ["".join(rng.choices(_BLOCKS + _OWN, k=rng.randrange(1, 6))) for _ in range(rng.randrange(2, 7))]
    texts += ["……"] * (rng.random() < 0.1)
    documents = [Document(f"{rng.choice('ab')}/{row}.txt", text) for row, text in enumerate(texts)]
    families = [found(documents, block, label=rng.choice(["copy", "mass"])) for block in _BLOCKS]
    families = [one for one in families if len(one.members) > 1]
    for name in ("near", "far") * (rng.random() < 0.4):  # members of any length, that say more or less the same
        rows = rng.choices(range(len(texts)), k=4)
        spots = {(row, start, min(start + rng.randrange(4, 20), len(texts[row]))) for row in rows for start in (0, 5)}
        spots = [spot for spot in spots if spot[2] - spot[1] > 2]
        if len(spots) > 1:
            families.append(family(spots, wording=0.9 if name == "near" else 0.5, name=name))
    noise = {0: [(0, rng.randrange(1, len(texts[0]) + 1))]} if rng.random() < 0.3 else {}
    dates = {row: rng.choice(["2008-05", "2011"]) for row in range(len(texts)) if rng.random() < 0.5}
    policy = CleanPolicy(
        level="document", keep=rng.choice(["first", "longest", "newest", "oldest", "medoid", "none"]),
        prefer=("b/*",) * rng.randrange(2), share=rng.choice([0.3, 0.5, 0.8, 1.0]),
    )  # fmt: skip
    against = frozenset(rng.sample(range(len(texts)), 1)) if rng.random() < 0.3 else frozenset()
    return Desk(result_of(documents, families, noise=noise, dates=dates), policy, None, against), texts


def naive(desk: Desk, texts: list[str]) -> list[Removal]:
    """Decide document by document; nothing is left out because it could not matter."""
    keeps_none = desk.policy.keep == "none" and not desk.against
    links = Links(desk.result, texts, desk.families, desk.found)
    gone: dict[int, Removal] = {}
    named: set[int] = set()

    def place(document: int):
        return (*desk.standing(document)[:2], desk.rank[document])

    def weight(document: int) -> int:
        if desk.policy.keep == "longest":
            return len(texts[document])
        return sum(
            one.members[one.medoid].document == document for one in desk.families if desk.policy.keep == "medoid"
        )

    def decide(document: int, stay: list[int]) -> None:
        ink = set(np.flatnonzero(letters(texts[document])).tolist())
        least = desk.policy.least * len(ink) - 1e-9
        noise = {at for start, end, _ in desk.noise(document) for at in range(start, end)} & ink
        if ink and noise and len(noise) >= least:
            claim = Claim("furniture", None, None, None, None)
            gone[document] = Removal(document, 0, len(texts[document]), claim, len(ink - noise))
            return
        for partner in sorted(stay, key=place):
            covered, claims = set(noise), []
            for one in desk.families:
                for row, span in enumerate(one.members):
                    if span.document != document:
                        continue
                    linked = [
                        (other, link)
                        for other, there in enumerate(one.members)
                        if there.document == partner and (link := links.find(one, row, other))
                    ]
                    for other, link in linked[:1]:
                        stands = np.flatnonzero(links.matched(one, row, other).stands) + span.start
                        covered |= set(stands.tolist()) & ink
                        shown = None if keeps_none else one.members[other]
                        claim = Claim(one.label, one.id, shown, link.wording, link.similarity)
                        claims.append((span.end - span.start, claim))
            if ink and claims and partner != document and len(covered) >= least:
                cause = next(claim for size, claim in claims if size == max(size for size, _ in claims))
                gone[document] = Removal(document, 0, len(texts[document]), cause, len(ink - covered))
                named.add(partner)
                return

    order = sorted(set(range(len(texts))) - desk.against, key=lambda one: (*place(one)[:2], -weight(one), one))
    stay = order if keeps_none else sorted(desk.against)
    for document in order:
        decide(document, stay)
        if not desk.against and not keeps_none and document not in gone:
            stay = [*stay, document]
    if not desk.against and not keeps_none:
        for document in reversed(order):
            if document not in gone and document not in named:
                decide(document, [one for one in stay if one not in gone])
    return [gone[document] for document in sorted(gone)]


@pytest.mark.parametrize("first", [0, 400])
def test_which_documents_go_is_what_the_twin_says(first):
    """With its partner, the family that holds most of it, and how much is carried along."""
    went = 0
    for seed in range(first, first + 400):
        desk, texts = made(seed)
        wanted = naive(desk, texts)
        assert settle_documents(desk) == Plan(tuple(wanted), frozenset(row.document for row in wanted), {}), seed
        went += len(wanted)
    assert went > 300
