"""A recommendation from rules, answers, facts and a reading. No file, clock or network: the same inputs, the same bytes."""

from __future__ import annotations

from advisor import days
from advisor.advise import whatif
from advisor.advise.article import article_verdict
from advisor.advise.cautions import cautions
from advisor.advise.evaluation import Evaluation
from advisor.advise.flips import flips, next_question
from advisor.advise.pathways import applying
from advisor.advise.reading import reading_of
from advisor.advise.shares import (
    alternative_rows,
    answer_rows,
    category_leans,
    constraint_rows,
    criterion_rows,
)
from advisor.advise.situation import Situation, checked, index_of, prefilled, ranked
from advisor.advise.verdict import acceptance, verdict_of
from advisor.recommendation import SCHEMA_VERSION, AsOf, PathwayAdvice, Recommendation, RulePack
from advisor.record import ReadOnly
from advisor.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.answers import Answers
    from advisor.facts import Fact
    from advisor.knowledge.rules import Rules


def compose(
    rules: Rules,
    answers: Answers,
    facts: Mapping[str, Fact],
    *,
    reading: str,
    day: int,
    profile: str | None = None,
    rank: tuple[str, ...] = (),
) -> Recommendation:
    """The recommendation for `answers` and `facts` under the reading "today", "date" (both on `day`) or "article".

    `rank`: categories, the most important first; without it each weighs the same.
    """
    index = index_of(rules)
    chosen = checked(rules, answers)
    known = {name: fact.value for name, fact in facts.items()}
    added, against = prefilled(rules, chosen, known)
    knowledge = reading_of(rules, day, article=reading == "article", rank=ranked(rules, rank))
    evaluation = Evaluation(knowledge, Situation(index, {**chosen, **added}, known))
    accepted, half_width = acceptance(evaluation)
    pathways = applying(evaluation, day)
    table = {
        k: whatif.alternatives_to(evaluation, k)
        for k in range(len(index.questions))
        if evaluation.situation.applies[k] and not knowledge.article
    }
    verdict = verdict_of(evaluation, accepted, half_width, pathways)
    return Recommendation(
        SCHEMA_VERSION,
        __version__,
        AsOf(reading, days.text(day)),
        RulePack(rules.id, rules.version, rules.digest),
        profile,
        answer_rows(index, answers, added),
        verdict,
        alternative_rows(evaluation, accepted),
        criterion_rows(evaluation),
        knowledge.categories or category_leans(knowledge),
        constraint_rows(evaluation),
        flips(evaluation, table),
        next_question(evaluation, table),
        tuple(
            PathwayAdvice(p["id"], p["title"], p["why"], tuple(p["steps"]), p["source"], p["third_way"])
            for p in pathways
        ),
        None,
        article_verdict(evaluation, verdict),
        cautions(evaluation, against),
        ReadOnly(dict(sorted(facts.items()))),
        rank,
    )
