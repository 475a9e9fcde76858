"""What single changes of answers and findings would do: the same table serves flips, intervals and the next question."""

from __future__ import annotations

from advisor.advise.evaluation import Evaluation, chosen_values, constraint_states, excluded_by
from advisor.advise.reading import leader
from advisor.advise.situation import Situation
from advisor.decision.openquestions import value_of_information

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Changed:
    """What one different answer gives: scores, which alternatives stay feasible, and who leads."""

    __slots__ = ("feasible", "leader", "option", "scores")

    def __init__(self, option: str, scores: list[float], feasible: list[bool]) -> None:
        self.option = option
        self.scores = scores
        self.feasible = feasible
        self.leader = leader(scores, feasible)


def alternatives_to(evaluation: Evaluation, k: int) -> list[Changed]:
    """Question k answered by each of its options alone instead of as it is now."""
    reading, now = evaluation.reading, evaluation.situation
    index = now.index
    question = index.questions[k]
    key = question["key"]
    current = now.chosen.get(key)
    structural = key in index.structural
    constraints = index.constraints_on[key]
    j = len(reading.values) + k
    result = []
    others: frozenset[str] | None = None
    for option in question["options"]:
        ident = option["id"]
        if current == (ident,):
            continue
        if structural:
            changed = Evaluation(reading, Situation(index, {**now.chosen, key: (ident,)}, now.facts))
            result.append(Changed(ident, changed.scores, changed.feasible))
            continue
        if others is None:
            others = _audiences_without(now, key)
        audiences = others.union(option["audience"]) if option["audience"] else others
        total, scores = evaluation.total, [s * evaluation.total for s in evaluation.scores]
        if audiences != now.audiences:
            _, old_total, old = reading.weights(now.audiences)
            _, new_total, new = reading.weights(audiences)
            total += new_total - old_total
            scores = [s + b - a for s, a, b in zip(scores, old, new)]
        weight = evaluation.raw[j]
        before = evaluation.values[j]
        after = reading.options[key][ident]
        scores = [
            (s + weight * (u - (0.5 if before is None else before[i]))) / total for i, (s, u) in enumerate(zip(scores, after))
        ]
        feasible = evaluation.feasible
        if constraints:
            known = dict(now.known)
            known[key] = (ident,)
            feasible = _feasible(evaluation, constraints, known)
        result.append(Changed(ident, scores, feasible))
    return result


def _audiences_without(situation: Situation, key: str) -> frozenset[str]:
    found: set[str] = set()
    for other, options in situation.chosen.items():
        if other != key and situation.known[other]:
            for option in options:
                found.update(situation.index.options[other][option]["audience"])
    return frozenset(found)


def _feasible(evaluation: Evaluation, constraints: list[int], known: dict[str, Any]) -> list[bool]:
    changed = _Known(evaluation.situation, known)
    states = list(evaluation.states)
    new = constraint_states(evaluation.reading, changed, constraints)
    for i in constraints:
        states[i] = new[i]
    return [not ids for ids in excluded_by(evaluation.reading, states)]


class _Known(Situation):
    """A situation in which only what conditions see differs."""

    def __init__(self, base: Situation, known: dict[str, Any]) -> None:
        self.known = known
        self.facts = base.facts


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
    """Findings without which another alternative would score best, the smallest effect first."""
    reading, weights = evaluation.reading, evaluation.weights
    core = reading.rules.core
    if evaluation.leader is None:
        return []
    flips = []
    for f, moves in reading.effects():
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


def margin_interval(evaluation: Evaluation) -> tuple[float, float]:
    """Bounds on the margin D over everything that open questions may still say; sound, not tight.

    Each open question spans the local values of its options; one that may come to apply is included; a weight that
    an answer may scale, or that depends on who the user turns out to be, takes whichever value is worse. Both ends
    are divided by today's total weight, so that their signs are exact.
    """
    reading, situation = evaluation.reading, evaluation.situation
    index = situation.index
    low = high = 0.0
    opened = [k for k, q in enumerate(index.questions) if q["key"] not in situation.chosen and situation.applies[k] is not False]
    if reading.article:
        share = 0.0
    else:
        share = reading.question_share
    factors = _scale_ranges(index, [index.questions[k]["key"] for k in opened])
    could_be = any(option["audience"] for k in opened for option in index.questions[k]["options"])
    other = reading.parameters["other_audience"]
    weights, _, _ = reading.weights(situation.audiences)
    for j, (neutral, weight, values) in enumerate(zip(reading.neutral, weights, reading.values)):
        d = values[0] - max(values[1:])
        if could_be and reading.rules.core["criteria"][j]["audiences"]:
            ends = (d * neutral, d * neutral * other) if not situation.audiences else (d * weight, d * neutral)
            low, high = low + min(ends), high + max(ends)
        else:
            low, high = low + d * weight, high + d * weight
    for k, question in enumerate(index.questions):
        if situation.applies[k] is False:
            continue
        key = question["key"]
        weight = share * question["weight"] * situation.scales[k]
        least, most = factors.get(key, (1.0, 1.0))
        given = chosen_values(reading, key, situation.chosen.get(key))
        rows = [given] if given is not None else list(reading.options[key].values())
        ds = [row[0] - max(row[1:]) for row in rows]
        ends = tuple(weight * factor * d for factor in (least, most) for d in (min(ds), max(ds)))
        if given is None:
            ends = (*ends, 0.0)
        low, high = low + min(ends), high + max(ends)
    return low / evaluation.total, high / evaluation.total


def _scale_ranges(index: Any, opened: list[str]) -> dict[str, tuple[float, float]]:
    ranges: dict[str, tuple[float, float]] = {}
    for key in opened:
        for option in index.options[key].values():
            for other, factor in option["scales"].items():
                low, high = ranges.get(other, (1.0, 1.0))
                ranges[other] = min(low, factor), max(high, factor)
    return ranges


def open_values(evaluation: Evaluation, table: dict[int, list[Changed]]) -> list[tuple[float, bool, int]]:
    """(value of information, whether some answer changes the leader, question) of each open question, best first."""
    situation = evaluation.situation
    found = []
    for k, rows in table.items():
        key = situation.index.questions[k]["key"]
        if key in situation.chosen or not situation.applies[k]:
            continue
        outcomes = [[s if ok else None for s, ok in zip(row.scores, row.feasible)] for row in rows]
        value = value_of_information(outcomes)
        swing = max(row.scores[0] for row in rows) - min(row.scores[0] for row in rows)
        found.append((value, any(row.leader != evaluation.leader for row in rows), k, swing))
    found.sort(key=lambda item: (-item[0], -item[3], item[2]))
    return [(value, changes, k) for value, changes, k, _ in found]
