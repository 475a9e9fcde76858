"""The reasons behind a recommendation that has been made."""

from __future__ import annotations

from advisor import days
from advisor.advise.evaluation import Evaluation
from advisor.advise.reading import reading_of
from advisor.advise.reasons import reasons
from advisor.advise.situation import Situation, index_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.explanation import Reason
    from advisor.knowledge.rules import Rules
    from advisor.recommendation import Recommendation


def evaluation_of(rules: Rules, recommendation: Recommendation) -> Evaluation:
    """The evaluation that a recommendation came from."""
    day = days.parse(recommendation.as_of.date)
    chosen = {answer.question: tuple(answer.options) for answer in recommendation.answers}
    facts = {name: fact.value for name, fact in recommendation.facts.items()}
    reading = reading_of(
        rules, day, article=recommendation.as_of.reading == "article", rank=recommendation.rank
    )
    return Evaluation(reading, Situation(index_of(rules), chosen, facts))


def explained(rules: Rules, recommendation: Recommendation) -> tuple[Reason, ...]:
    """Why, with every claim and observation: see `advisor.advise.reasons.reasons`."""
    return reasons(rules, evaluation_of(rules, recommendation))
