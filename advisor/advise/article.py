"""What the article alone gives for the same user, and the findings that moved it since."""

from __future__ import annotations

from advisor.advise.evaluation import Evaluation
from advisor.advise.reading import reading_of
from advisor.advise.verdict import acceptabilities, outcome_of
from advisor.recommendation import ArticleVerdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.recommendation import Verdict

MOVERS_SHOWN = 5


def article_verdict(evaluation: Evaluation, verdict: Verdict) -> ArticleVerdict | None:
    core = evaluation.reading.rules.core
    if core["article"] is None:
        return None
    if evaluation.reading.article:
        return ArticleVerdict(verdict.alternative, verdict.acceptability, False, ())
    then = Evaluation(
        reading_of(evaluation.reading.rules, 0, article=True, rank=evaluation.reading.rank),
        evaluation.situation,
    )
    accepted = acceptabilities(then)
    best = max(range(len(accepted)), key=lambda i: (then.scores[i], -i))
    _, chosen = outcome_of(then, accepted, ())
    alternative = None if chosen is None else core["alternatives"][chosen][0]
    differs = alternative != verdict.alternative
    return ArticleVerdict(alternative, accepted[best], differs, _movers(evaluation, best) if differs else ())


def _movers(evaluation: Evaluation, then: int) -> tuple[str, ...]:
    """Findings that pull the margin away from what the article chose, the strongest first."""
    core = evaluation.reading.rules.core
    reading, weights = evaluation.reading, evaluation.weights
    pulls: list[tuple[float, str]] = []
    reach = [(sum([weights[j] * most for j, most in bounds]), f) for f, bounds in reading.reach()]
    reach.sort(reverse=True)
    for most, f in reach:
        if len(pulls) >= MOVERS_SHOWN and most <= -pulls[MOVERS_SHOWN - 1][0]:
            break
        # Leaving the finding out moves scores by `gain`; with it they move the other way.
        gain = [sum(weights[j] * move[i] for j, move in reading.effect(f)) for i in range(reading.count)]
        pull = gain[then] - max(g for i, g in enumerate(gain) if i != then)
        if pull > 0.0:
            pulls.append((-pull, core["findings"][f][0]))
            pulls.sort()
    return tuple(ident for _, ident in pulls[:MOVERS_SHOWN])
