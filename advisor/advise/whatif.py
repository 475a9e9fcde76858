"""What single changes of answers and findings would do: the same table serves flips, intervals and the next question."""

from __future__ import annotations

from advisor.advise.evaluation import Evaluation, chosen_values, constraint_states, excluded_by
from advisor.advise.reading import leader
from advisor.advise.situation import Situation
from advisor.decision.conditions import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Changed:
    """What one different answer gives: scores, which alternatives stay feasible, and who leads."""

    __slots__ = ("feasible", "leader", "option", "scores")

    def __init__(self, option: str, scores: Sequence[float], feasible: Sequence[bool]) -> None:
        self.option = option
        self.scores = scores
        self.feasible = feasible
        self.leader = leader(scores, feasible)


def alternatives_to(evaluation: Evaluation, k: int) -> list[Changed]:
    """Question k answered by each of its options alone instead of as it is now.

    For two alternatives only what the answer touches is computed anew, which is some fifty times faster than
    evaluating the whole situation again and gives the same numbers up to rounding.
    """
    now = evaluation.situation
    question = now.index.questions[k]
    current = now.chosen.get(question["key"])
    quick = evaluation.reading.count == 2
    result = []
    for option in question["options"]:
        if current != (option["id"],):
            changed = _touched(evaluation, k, option) if quick else None
            result.append(changed or answered(evaluation, question["key"], option["id"]))
    return result


def answered(evaluation: Evaluation, key: str, option: str) -> Changed:
    """The question `key` answered by `option` alone, by evaluating the whole situation again."""
    now = evaluation.situation
    changed = Evaluation(evaluation.reading, Situation(now.index, {**now.chosen, key: (option,)}, now.facts))
    return Changed(option, changed.scores, changed.feasible)


def _touched(evaluation: Evaluation, k: int, option: Any) -> Changed | None:
    """As `answered`, from the terms that change. None when the change reaches too far for that."""
    reading, now = evaluation.reading, evaluation.situation
    index = now.index
    key, ident = index.questions[k]["key"], option["id"]
    first = len(reading.values)
    value = evaluation.values[first + k]
    weight = evaluation.raw[first + k]
    total = evaluation.total
    moved = evaluation.margin * total + weight * (
        reading.option_differences[key][ident] - (0.0 if value is None else value[0] - value[1])
    )
    known: Any = None
    constraints = index.constraints_on[key]
    if constraints or index.dependents[key]:
        known = dict(now.known)
        known[key] = (ident,)
    for p in index.dependents[key]:
        other = index.questions[p]
        state = holds(other["when"], known, now.facts)
        if state is now.applies[p]:
            continue
        if other["key"] in now.chosen or index.dependents[other["key"]]:
            return None
        if state is False:
            known[other["key"]] = ()
        elif now.applies[p] is False:
            del known[other["key"]]
        total += (
            evaluation.reading.question_share
            * other["weight"]
            * now.scales[p]
            * (bool(state) - bool(now.applies[p]))
        )
    if key in index.scaling:
        for name, p in index.position.items():
            before = after = 1.0
            for chosen in now.chosen.get(key, ()):
                before *= index.options[key][chosen]["scales"].get(name, 1.0)
            after = option["scales"].get(name, 1.0)
            if before != after and now.applies[p]:
                if before == 0.0:
                    return None
                gain = evaluation.raw[first + p] * (after / before - 1.0)
                given = evaluation.values[first + p]
                total += gain
                moved += gain * (0.0 if given is None else given[0] - given[1])
    audiences = _audiences_with(now, key, option["audience"])
    if audiences is not now.audiences:
        _, old_total, old = reading.weights(now.audiences)
        _, new_total, new = reading.weights(audiences)
        total += new_total - old_total
        moved += new[0] - new[1] - old[0] + old[1]
    feasible: Sequence[bool] = evaluation.feasible
    if constraints:
        feasible = _feasible(evaluation, constraints, known)
    half = moved / total / 2.0 if total > 0.0 else 0.0
    return Changed(ident, (0.5 + half, 0.5 - half), feasible)


def _audiences_with(situation: Situation, key: str, added: Sequence[str]) -> frozenset[str]:
    """Who the user is when `key` is answered otherwise; the same object when that changes nobody."""
    others = situation.others.get(key)
    if others is None:
        found: set[str] = set()
        for other, options in situation.chosen.items():
            if other != key and situation.known[other]:
                for option in options:
                    found.update(situation.index.options[other][option]["audience"])
        others = situation.others[key] = frozenset(found)
    audiences = others.union(added) if added else others
    return situation.audiences if audiences == situation.audiences else audiences


def _feasible(evaluation: Evaluation, constraints: Sequence[int], known: Any) -> list[bool]:
    reading = evaluation.reading
    again = set(constraints)
    feasible = [True] * reading.count
    for i, positions in enumerate(reading.excluding):
        if positions and reading.in_force[i]:
            state = evaluation.states[i]
            if i in again:
                state = holds(reading.rules.core["constraints"][i]["when"], known, evaluation.situation.facts)
            if state:
                for position in positions:
                    feasible[position] = False
    return feasible


MAX_RELAXED = 3


def relaxations(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """The smallest sets of answers that make some alternative feasible again when they are left open.

    "facts" stands for another machine. Sets of at most three, without supersets; empty when none is enough.
    """
    import itertools

    now = evaluation.situation
    named = [key for key in now.chosen if now.known[key]] + (["facts"] if now.facts else [])
    found: list[tuple[str, ...]] = []
    for size in range(1, MAX_RELAXED + 1):
        for keys in itertools.combinations(named, size):
            if any(set(smaller) <= set(keys) for smaller in found):
                continue
            kept = {key: options for key, options in now.chosen.items() if key not in keys}
            rest = Situation(now.index, kept, {} if "facts" in keys else now.facts)
            if not all(excluded_by(evaluation.reading, constraint_states(evaluation.reading, rest))):
                found.append(keys)
    return found


def margin_interval(evaluation: Evaluation) -> tuple[float, float]:
    """Bounds on the margin D over everything that open questions may still say; sound, not tight.

    Each open question spans the local values of its options; one that may come to apply is included; a weight that
    an answer may scale, or that depends on who the user turns out to be, takes whichever value is worse. Both ends
    are divided by today's total weight, so that their signs are exact.
    """
    reading, situation = evaluation.reading, evaluation.situation
    index = situation.index
    low = high = 0.0
    opened = [
        k
        for k, q in enumerate(index.questions)
        if q["key"] not in situation.chosen and situation.applies[k] is not False
    ]
    share = 0.0 if reading.article else reading.question_share
    factors = _scale_ranges(index, [index.questions[k]["key"] for k in opened])
    could_be = any(option["audience"] for k in opened for option in index.questions[k]["options"])
    other = reading.parameters["other_audience"]
    weights, _, _ = reading.weights(situation.audiences)
    for j, (neutral, weight, values) in enumerate(zip(reading.neutral, weights, reading.values)):
        d = values[0] - max(values[1:])
        if could_be and reading.rules.core["criteria"][j]["audiences"]:
            ends = (
                (d * neutral, d * neutral * other) if not situation.audiences else (d * weight, d * neutral)
            )
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
