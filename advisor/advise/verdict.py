"""The verdict: which alternative comes out, by what, and in which share of the admissible weights."""

from __future__ import annotations

from advisor.advise import whatif
from advisor.decision import acceptability
from advisor.recommendation import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from advisor.advise.evaluation import Evaluation

SAMPLES = 9604
"""Draws for three and more alternatives: a 95 % half-width of at most .01."""
SEED = 20231101


def acceptabilities(evaluation: Evaluation) -> list[float]:
    """First-rank acceptability index of each alternative: exact for two, sampled with a fixed seed for more."""
    return acceptance(evaluation)[0]


def acceptance(evaluation: Evaluation) -> tuple[list[float], float | None]:
    """The acceptability indices and, where they are sampled, their 95 % half-width."""
    shape = evaluation.reading.parameters["weight_shape"]
    if evaluation.reading.count == 2:
        products = [
            w * (u[0] - u[1])
            for w, u in zip(evaluation.weights, evaluation.values)
            if u is not None and w > 0.0
        ]
        first = acceptability.exact(products, shape)
        return [first, 1.0 - first], None
    rows = [(0.5,) * evaluation.reading.count if u is None else u for u in evaluation.values]
    shares, half_width = acceptability.sampled(rows, evaluation.weights, shape, SAMPLES, SEED)
    return [row[0] for row in shares], half_width


def outcome_of(
    evaluation: Evaluation, accepted: Sequence[float], pathways: Sequence[Any]
) -> tuple[str, int | None]:
    """(outcome, position of the alternative that is recommended or None)."""
    possible = [i for i, ok in enumerate(evaluation.feasible) if ok]
    best = evaluation.leader
    if any(pathway["third_way"] for pathway in pathways):
        return "neither", None
    if best is None:
        return "infeasible", None
    if len(possible) > 1:
        parameters = evaluation.reading.parameters
        even = evaluation.lead() < parameters["even_band"] * evaluation.known_share()
        if even or accepted[best] < parameters["acceptability_threshold"]:
            return "either", None
    return "recommend", best


def verdict_of(
    evaluation: Evaluation, accepted: Sequence[float], half_width: float | None, pathways: Sequence[Any]
) -> Verdict:
    named = evaluation.reading.rules.core["alternatives"]
    outcome, chosen = outcome_of(evaluation, accepted, pathways)
    by = "score" if all(evaluation.feasible) else "constraint"
    best = evaluation.leader
    shown = best if best is not None else max(range(len(named)), key=lambda i: (evaluation.scores[i], -i))
    interval = whatif.margin_interval(evaluation)
    unknown = any(
        state is None and positions
        for state, positions in zip(evaluation.states, evaluation.reading.excluding)
    )
    settled = len(named) == 2 and (interval[0] > 0.0 or interval[1] < 0.0) and not unknown
    return Verdict(
        outcome,
        None if chosen is None else named[chosen][0],
        accepted[shown],
        evaluation.margin,
        by,
        _summary(evaluation, outcome, accepted, pathways, named),
        interval,
        settled,
        tuple(whatif.relaxations(evaluation)) if outcome == "infeasible" else (),
        half_width,
    )


def _summary(
    evaluation: Evaluation,
    outcome: str,
    accepted: Sequence[float],
    pathways: Sequence[Any],
    named: Sequence[Any],
) -> str:
    best = evaluation.leader
    if outcome == "neither":
        third = next(p["title"] for p in pathways if p["third_way"])
        return f"Neither first: {third}."
    if best is None:
        parts = [f"{name} by {', '.join(ids)}" for (_, name), ids in zip(named, evaluation.excluded)]
        return "Nothing fits all answers: constraints exclude " + ", ".join(parts) + "."
    name, share = named[best][1], _percent(accepted[best])
    if sum(evaluation.feasible) == 1:
        others = " and ".join(other for i, (_, other) in enumerate(named) if i != best)
        return f"{name}, because {others} cannot be used here."
    if outcome == "either" and accepted[best] < evaluation.reading.parameters["acceptability_threshold"]:
        return f"Either will do: {name} is ahead, but first in only {share} of the admissible weights."
    if outcome == "either":
        return (
            f"Either will do: {name} is first in {share} of the admissible weights, but by next to nothing."
        )
    return f"{name}, first in {share} of the admissible weights."


def _percent(share: float) -> str:
    percent = 100.0 * share
    if percent >= 99.95:
        return "over 99.9 %" if share < 1.0 else "100 %"
    return f"{percent:.0f} %" if percent < 99.0 else f"{percent:.1f} %"
