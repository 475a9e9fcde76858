"""The rows of a recommendation: answers, alternatives, criteria with their contributions, categories, constraints."""

from __future__ import annotations

from advisor.recommendation import AlternativeScore, Answer, CategoryLean, ConstraintState, CriterionShare
from advisor.record import ReadOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from advisor.advise.evaluation import Evaluation
    from advisor.advise.reading import Reading
    from advisor.answers import Answers


def answer_rows(index: Any, answers: Answers, added: Mapping[str, Sequence[str]]) -> tuple[Answer, ...]:
    rows = []
    for question in index.questions:
        key = question["key"]
        if key in answers:
            rows.append(Answer(key, tuple(answers[key]), answers.origin(key)))
        elif key in added:
            rows.append(Answer(key, tuple(added[key]), "probe"))
    return tuple(rows)


def alternative_rows(evaluation: Evaluation, accepted: Sequence[float]) -> tuple[AlternativeScore, ...]:
    named = evaluation.reading.rules.core["alternatives"]
    order = sorted(range(len(named)), key=lambda i: (not evaluation.feasible[i], -evaluation.scores[i], i))
    return tuple(
        AlternativeScore(
            named[i][0], named[i][1], evaluation.scores[i], accepted[i], tuple(evaluation.excluded[i])
        )
        for i in order
    )


def criterion_rows(evaluation: Evaluation) -> tuple[CriterionShare, ...]:
    core = evaluation.reading.rules.core
    reading = evaluation.reading
    ids = [ident for ident, _ in core["alternatives"]]
    two = len(ids) == 2
    rows = []
    first_question = len(core["criteria"])
    situation = next((c["id"] for c in core["categories"] if c["id"] == "situation"), "situation")
    for j, (weight, values) in enumerate(zip(evaluation.weights, evaluation.values)):
        shown = values or (0.5,) * len(ids)
        contribution: Any
        if two:
            contribution = weight * (shown[0] - shown[1])
        else:
            contribution = ReadOnly({a: weight * u for a, u in zip(ids, shown)})
        if j < first_question:
            data = core["criteria"][j]
            rows.append(
                CriterionShare(
                    data["id"],
                    core["categories"][data["category"]]["id"],
                    weight,
                    reading.shown_values[j],
                    contribution,
                    reading.claim_ids[j],
                    reading.stale_criteria[j],
                    data["title"],
                    False,
                )
            )
        elif weight > 0.0 or values is not None:
            question = evaluation.situation.index.questions[j - first_question]
            rows.append(
                CriterionShare(
                    question["key"],
                    situation,
                    weight,
                    ReadOnly(dict(zip(ids, shown))),
                    contribution,
                    (),
                    False,
                    question["text"],
                    values is None,
                )
            )
    rows.sort(key=lambda row: (-_size(row.contribution), row.id))
    return tuple(rows)


def _size(contribution: Any) -> float:
    if isinstance(contribution, float):
        return abs(contribution)
    return float(max(contribution.values()) - min(contribution.values()))


def _winner(winner: Any) -> Any:
    return ReadOnly(winner) if isinstance(winner, dict) else winner


def category_leans(reading: Reading) -> tuple[CategoryLean, ...]:
    """Where each category that holds criteria leans, with the pack's neutral weights."""
    core = reading.rules.core
    rows = []
    means = reading.category_values()
    for k, category in enumerate(core["categories"]):
        if k not in means:
            continue
        values = means[k]
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))
        gap = values[order[0]] - values[order[1]]
        lean = values[0] - values[1] if len(values) == 2 else gap
        to = "tie" if gap < reading.parameters["even_band"] else core["alternatives"][order[0]][0]
        rows.append(
            CategoryLean(category["id"], to, lean, _winner(category["article_winner"]), category["title"])
        )
    reading.categories = tuple(rows)
    return tuple(rows)


def constraint_rows(evaluation: Evaluation) -> tuple[ConstraintState, ...]:
    reading = evaluation.reading
    if reading.article:
        return ()
    words = {True: "violated", False: "holds", None: "unknown"}
    return tuple(
        ConstraintState(
            c["id"], words[state], reading.exclusions[i], c["remedy"], c["source"], c["key"], c["title"]
        )
        for i, (c, state) in enumerate(zip(reading.rules.core["constraints"], evaluation.states))
    )
