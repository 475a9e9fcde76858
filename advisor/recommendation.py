"""The nouns of an answer. `Recommendation.to_dict()` is the JSON that `advisor schema recommendation` describes."""

from __future__ import annotations

from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.facts import Fact

SCHEMA_VERSION = 1


class AsOf(Record):
    """Which knowledge counted: reading "today", "date" or "article"; `date` is YYYY-MM-DD."""

    reading: str
    date: str


class RulePack(Record):
    """The rules used, with the hash of their content."""

    pack: str
    version: str
    digest: str


class Answer(Record):
    """One answer; `origin` (JSON: `from`) is asked, flag, file, profile, probe, scan or default."""

    __json__ = {"origin": "from"}
    question: str
    options: tuple[str, ...]
    origin: str


class Verdict(Record):
    """`outcome` recommend, either, neither or infeasible. `margin` is D, the first alternative's score minus the other's.

    `acceptability` in [0, 1] belongs to `alternative`, or to the best-scoring one where none is named.
    `margin_interval`: what D can become by answering open questions; `settled`: none of them can change the leader.
    `acceptability_half_width`: of the 95 % interval where the index is sampled (three or more alternatives).
    `relax`: when nothing is feasible, the smallest sets of questions (or "facts") to answer otherwise.
    """

    outcome: str
    alternative: str | None
    acceptability: float
    margin: float
    by: str
    summary: str
    margin_interval: tuple[float, float]
    settled: bool
    relax: tuple[tuple[str, ...], ...]
    acceptability_half_width: float | None


class AlternativeScore(Record):
    """One alternative with its score V in [0, 1], best first in a recommendation."""

    id: str
    name: str
    score: float
    acceptability: float
    excluded_by: tuple[str, ...]


class CriterionShare(Record):
    """A criterion's normalised weight, local values in [0, 1] and contribution w d to the margin.

    With three or more alternatives `contribution` maps each to w u. `open`: an unanswered question, held at no
    preference.
    """

    id: str
    category: str
    weight: float
    values: Mapping[str, float]
    contribution: float | Mapping[str, float]
    claims: tuple[str, ...]
    stale: bool
    title: str
    open: bool


class CategoryLean(Record):
    """Where a category leans with neutral weights, whatever the answers, and who won it in the article."""

    id: str
    leans_to: str
    lean: float
    article_winner: Any
    title: str


class ConstraintState(Record):
    """`state` violated (its condition holds, so it excludes), holds, or unknown."""

    id: str
    state: str
    excludes: tuple[Mapping[str, str], ...]
    remedy: str | None
    source: str
    key: str
    title: str


class Flips(Record):
    """The smallest changes that give another leader, cheapest first; an empty list means that nothing single does."""

    weights: tuple[Mapping[str, Any], ...]
    answers: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]


class NextQuestion(Record):
    """The open question most worth answering; the value of information is in units of score."""

    key: str
    value_of_information: float
    can_change_verdict: bool
    text: str


class PathwayAdvice(Record):
    """Advice that is not one of the alternatives; `third_way`: better first than any of them."""

    id: str
    title: str
    why: str
    steps: tuple[str, ...]
    source: str
    third_way: bool


class ArticleVerdict(Record):
    """What the article alone gives for the same user, and the findings that moved it since."""

    alternative: str | None
    acceptability: float
    differs: bool
    moved_by: tuple[str, ...]


class Warned(Record):
    """Something to know before relying on the verdict; `ref` is the id that it is about, or null."""

    code: str
    message: str
    ref: str | None


class Recommendation(Record):
    """A whole answer: verdict, reasons, what would change it, and what it rests on."""

    schema_version: int
    advisor_version: str
    as_of: AsOf
    rules: RulePack
    profile: str | None
    answers: tuple[Answer, ...]
    verdict: Verdict
    alternatives: tuple[AlternativeScore, ...]
    criteria: tuple[CriterionShare, ...]
    categories: tuple[CategoryLean, ...]
    constraints: tuple[ConstraintState, ...]
    flips: Flips
    next_question: NextQuestion | None
    pathways: tuple[PathwayAdvice, ...]
    measurements: Mapping[str, Any] | None
    article: ArticleVerdict | None
    warnings: tuple[Warned, ...]
    facts: Mapping[str, Fact]
    rank: tuple[str, ...]

    def criterion(self, ident: str) -> CriterionShare:
        """The criterion or question named `ident`. Raises `KeyError` when the pack has none."""
        for share in self.criteria:
            if share.id == ident:
                return share
        raise KeyError(ident)
