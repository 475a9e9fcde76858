"""The smallest single changes that give another leader, and the open question most worth answering."""

from __future__ import annotations

from advisor.advise.reading import leader
from advisor.decision import weightflips
from advisor.decision.openquestions import value_of_information
from advisor.recommendation import Flips, NextQuestion
from advisor.record import ReadOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.advise.evaluation import Evaluation
    from advisor.advise.whatif import Changed

FLIPS_SHOWN = 10
LARGEST_SHOWN = 5


def flips(evaluation: Evaluation, table: dict[int, list[Changed]]) -> Flips:
    return Flips(
        _shown(weight_flips(evaluation)),
        _shown(answer_flips(evaluation, table)),
        _shown(finding_flips(evaluation)),
    )


def _shown(rows: list[dict[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(ReadOnly({key: _frozen(value) for key, value in row.items()}) for row in rows[:FLIPS_SHOWN])


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return ReadOnly(value) if isinstance(value, dict) else value


def weight_flips(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The smallest weight changes after which both alternatives score the same: all weights, moved mass, single ones.

    At most `FLIPS_SHOWN`; none when a constraint decides, since no weight lifts it.
    """
    margin = evaluation.margin
    if evaluation.reading.count != 2 or margin == 0.0 or not all(evaluation.feasible):
        return []
    core = evaluation.reading.rules.core
    names = evaluation.reading.term_names
    differences = evaluation.differences()
    used = [j for j, w in enumerate(evaluation.weights) if w > 0.0]
    weights = [evaluation.weights[j] for j in used]
    ds = [differences[j] for j in used]
    # A weight on a criterion that prefers neither can only bring a tie about.
    apart = [j for j, d in enumerate(ds) if d != 0.0]
    found = weightflips.single([weights[j] for j in apart], [ds[j] for j in apart], margin)
    singles = [(apart[k], target) for k, target in found[:FLIPS_SHOWN]]
    rows: list[dict[str, Any]] = [
        {
            "kind": "single",
            "criterion": names[used[j]],
            "from": weights[j],
            "to": target,
            "change": abs(target - weights[j]),
        }
        for j, target in singles
    ]
    mass = weightflips.least_mass(weights, ds, margin)
    if mass is not None:
        moves = [{"from": names[used[a]], "to": names[used[b]], "mass": m} for a, b, m in mass[1]]
        rows.append({"kind": "least_mass", "change": mass[0], "moves": moves})
    squares = weightflips.least_squares(weights, ds, margin)
    if squares is not None:
        moved = [abs(new - old) for new, old in zip(squares[1], weights)]
        largest = sorted(range(len(ds)), key=moved.__getitem__, reverse=True)[:LARGEST_SHOWN]
        rows.append(
            {
                "kind": "least_squares",
                "change": squares[0],
                "largest": [
                    {"criterion": names[used[j]], "from": weights[j], "to": squares[1][j]} for j in largest
                ],
            }
        )
    rows.sort(key=lambda row: (row["change"], row["kind"]))
    other = core["alternatives"][1 if margin > 0 else 0][0]
    for row in rows:
        row["alternative"] = other
    return rows


def answer_flips(evaluation: Evaluation, table: dict[int, list[Changed]]) -> list[dict[str, Any]]:
    """Single answers that give another leader, the smallest change of scores first; open questions included."""
    names = [ident for ident, _ in evaluation.reading.rules.core["alternatives"]]
    flips = []
    for k, rows in table.items():
        key = evaluation.situation.index.questions[k]["key"]
        for row in rows:
            if row.leader != evaluation.leader:
                cost = max(abs(a - b) for a, b in zip(row.scores, evaluation.scores))
                flips.append(
                    {
                        "question": key,
                        "from": list(evaluation.situation.chosen.get(key, ())),
                        "to": [row.option],
                        "alternative": None if row.leader is None else names[row.leader],
                        "change": cost,
                    }
                )
    flips.sort(key=lambda flip: (flip["change"], flip["question"], flip["to"]))
    return flips


def finding_flips(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Findings without which another alternative would lead, the smallest effect first."""
    reading, weights = evaluation.reading, evaluation.weights
    core = reading.rules.core
    if evaluation.leader is None or sum(evaluation.feasible) < 2:
        return []
    flips: list[dict[str, Any]] = []
    lead = evaluation.lead()
    if max(weights[: len(reading.values)], default=0.0) * reading.farthest() < lead:
        return flips
    for f, bounds in reading.reach():
        if sum([weights[j] * most for j, most in bounds]) < lead:
            continue
        moves = reading.effect(f)
        scores = list(evaluation.scores)
        for j, move in moves:
            w = weights[j]
            for i, change in enumerate(move):
                scores[i] += w * change
        best = leader(scores, evaluation.feasible)
        if best != evaluation.leader and best is not None:
            flips.append(
                {
                    "finding": core["findings"][f][0],
                    "alternative": core["alternatives"][best][0],
                    "change": max(abs(a - b) for a, b in zip(scores, evaluation.scores)),
                }
            )
    flips.sort(key=lambda flip: (flip["change"], flip["finding"]))
    return flips


def next_question(evaluation: Evaluation, table: dict[int, list[Changed]]) -> NextQuestion | None:
    ranked = open_values(evaluation, table)
    if not ranked:
        return None
    value, changes, k = ranked[0]
    question = evaluation.situation.index.questions[k]
    return NextQuestion(question["key"], value, changes, question["text"])


def open_values(evaluation: Evaluation, table: dict[int, list[Changed]]) -> list[tuple[float, bool, int]]:
    """(value of information, whether some answer changes the leader, question) of each open question, best first."""
    situation = evaluation.situation
    found = []
    for k, rows in table.items():
        key = situation.index.questions[k]["key"]
        if key in situation.chosen or not situation.applies[k]:
            continue
        changes = any(row.leader != evaluation.leader for row in rows)
        value = 0.0
        if changes or not all(all(row.feasible) for row in rows):
            # Where every answer keeps the leader and excludes nobody, knowing it is worth nothing.
            value = value_of_information(
                [[s if ok else None for s, ok in zip(row.scores, row.feasible)] for row in rows]
            )
        firsts = [row.scores[0] for row in rows]
        found.append((value, changes, k, max(firsts) - min(firsts)))
    found.sort(key=lambda item: (-item[0], -item[3], item[2]))
    return [(value, changes, k) for value, changes, k, _ in found]
