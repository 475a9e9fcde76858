"""What single changes of answers and findings would do: the same table serves flips, intervals and the next question."""

from __future__ import annotations

from advisor.advise.evaluation import Evaluation, chosen_values, constraint_states, excluded_by
from advisor.advise.situation import Situation
from advisor.decision.conditions import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Changed:
    """What one different answer gives: scores, which alternatives stay feasible, and who leads."""

    __slots__ = ("feasible", "leader", "option", "scores")

    def __init__(
        self, option: str, scores: Sequence[float], feasible: Sequence[bool], leads: int | None
    ) -> None:
        self.option = option
        self.scores = scores
        self.feasible = feasible
        self.leader = leads


def alternatives_to(evaluation: Evaluation, k: int) -> list[Changed]:
    """Question k answered by each of its options alone instead of as it is now.

    For two alternatives only what the answer touches is computed anew, which is some fifty times faster than
    evaluating the whole situation again and gives the same numbers up to rounding.
    """
    now = evaluation.situation
    question = now.index.questions[k]
    key = question["key"]
    current = now.chosen.get(key)
    options = [option for option in question["options"] if current != (option["id"],)]
    if evaluation.reading.count != 2 or evaluation.total <= 0.0:
        return [answered(evaluation, key, option["id"]) for option in options]
    index = now.index
    if key in index.scaling or index.dependents[key]:
        return [
            _touched(evaluation, k, option) or answered(evaluation, key, option["id"]) for option in options
        ]
    return _reweighed(evaluation, k, options)


def _pair(option: str, margin: float, feasible: Sequence[bool]) -> Changed:
    half = margin / 2.0
    if feasible[0] and (half >= 0.0 or not feasible[1]):
        leads: int | None = 0
    elif feasible[1]:
        leads = 1
    else:
        leads = None
    return Changed(option, (0.5 + half, 0.5 - half), feasible, leads)


def _reweighed(evaluation: Evaluation, k: int, options: Sequence[Any]) -> list[Changed]:
    """Answers that change no other question: its own term, who the user is, and constraints."""
    reading, now = evaluation.reading, evaluation.situation
    key = now.index.questions[k]["key"]
    j = len(reading.values) + k
    value, weight, total = evaluation.values[j], evaluation.raw[j], evaluation.total
    base = evaluation.margin * total - weight * (0.0 if value is None else value[0] - value[1])
    differences = reading.option_differences[key]
    constraints = now.index.constraints_on[key]
    others = _audiences_with(now, key, ())
    plain = others is now.audiences
    rest = _feasible_without(evaluation, constraints) if constraints else evaluation.feasible
    feasible: Sequence[bool] = rest
    known = dict(now.known) if constraints else {}
    result = []
    for option in options:
        ident = option["id"]
        if constraints:
            known[key] = (ident,)
            feasible = _feasible(evaluation, rest, constraints, known)
        moved, whole = base + weight * differences[ident], total
        added = option["audience"]
        if not plain or (added and not now.audiences.issuperset(added)):
            more, heavier = _audience_change(evaluation, others.union(added))
            moved, whole = moved + more, whole + heavier
        result.append(_pair(ident, moved / whole, feasible))
    return result


def _audience_change(evaluation: Evaluation, audiences: frozenset[str]) -> tuple[float, float]:
    """What other users change in the sum of weighted differences, and in the sum of weights."""
    reading = evaluation.reading
    _, old_total, old = reading.weights(evaluation.situation.audiences)
    _, new_total, new = reading.weights(audiences)
    return new[0] - new[1] - old[0] + old[1], new_total - old_total


def answered(evaluation: Evaluation, key: str, option: str) -> Changed:
    """The question `key` answered by `option` alone, by evaluating the whole situation again."""
    now = evaluation.situation
    changed = Evaluation(evaluation.reading, Situation(now.index, {**now.chosen, key: (option,)}, now.facts))
    return Changed(option, changed.scores, changed.feasible, changed.leader)


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
        more, heavier = _audience_change(evaluation, audiences)
        moved, total = moved + more, total + heavier
    feasible: Sequence[bool] = evaluation.feasible
    if constraints:
        feasible = _feasible(evaluation, _feasible_without(evaluation, constraints), constraints, known)
    return _pair(ident, moved / total, feasible)


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


def _feasible_without(evaluation: Evaluation, constraints: Sequence[int]) -> list[bool]:
    """Which alternatives the other constraints leave."""
    feasible = [True] * evaluation.reading.count
    for i, positions in enumerate(evaluation.reading.excluding):
        if positions and evaluation.states[i] and i not in constraints:
            for position in positions:
                feasible[position] = False
    return feasible


def _feasible(
    evaluation: Evaluation, rest: Sequence[bool], constraints: Sequence[int], known: Any
) -> Sequence[bool]:
    """Which alternatives of `rest` these constraints leave, given what conditions see."""
    reading = evaluation.reading
    feasible = rest
    for i in constraints:
        if reading.in_force[i] and holds(
            reading.rules.core["constraints"][i]["when"], known, evaluation.situation.facts
        ):
            feasible = [ok and p not in reading.excluding[i] for p, ok in enumerate(feasible)]
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
    an answer may scale, or that depends on who the user turns out to be, takes whichever value is worse. With three
    or more alternatives the margin is the least of the first one's leads over the others.
    """
    spans = _weight_spans(evaluation)
    heaviest, lightest = sum([most for _, most in spans]), sum([least for least, _ in spans])
    ends = [_ends(evaluation, spans, other) for other in range(1, evaluation.reading.count)]
    low, high = min(end[0] for end in ends), min(end[1] for end in ends)
    return _divided(low, heaviest, lightest), _divided(high, lightest, heaviest)


def _weight_spans(evaluation: Evaluation) -> list[tuple[float, float]]:
    """Least and most raw weight of each criterion, then of each question."""
    reading, situation = evaluation.reading, evaluation.situation
    index = situation.index
    # Questions whose answer is open, or given without its being known whether they apply.
    pending = [
        k
        for k, state in enumerate(situation.applies)
        if state is None or (state and index.questions[k]["key"] not in situation.chosen)
    ]
    more = any([option["audience"] for k in pending for option in index.questions[k]["options"]])
    fewer = not situation.audiences or any(
        [situation.applies[k] is None and index.questions[k]["key"] in situation.chosen for k in pending]
    )
    other = reading.parameters["other_audience"]
    spans: list[tuple[float, float]] = []
    weights, _, _ = reading.weights(situation.audiences)
    for neutral, weight, anyone in zip(reading.neutral, weights, reading.for_anyone):
        if anyone or not more:
            spans.append((weight, weight))
        else:
            # Knowing more of the user adds audiences; the first one also makes other criteria count less.
            spans.append((min(weight, neutral * other) if fewer else weight, neutral))
    factors = _scale_ranges(index, [index.questions[k]["key"] for k in pending])
    share = 0.0 if reading.article else reading.question_share
    for k, question in enumerate(index.questions):
        applies = situation.applies[k]
        if applies is False:
            spans.append((0.0, 0.0))
            continue
        weight = share * question["weight"] * situation.scales[k]
        least, most = factors.get(question["key"], (1.0, 1.0))
        spans.append((weight * least if applies else 0.0, weight * most))
    return spans


def _ends(evaluation: Evaluation, spans: list[tuple[float, float]], other: int) -> tuple[float, float]:
    """Least and most of the sum of raw weight times the first alternative's lead over the alternative `other`."""
    reading, situation = evaluation.reading, evaluation.situation
    low = high = 0.0
    for (least, most), values in zip(spans, reading.values):
        d = values[0] - values[other]
        low += d * (most if d < 0.0 else least)
        high += d * (least if d < 0.0 else most)
    ranges = reading.option_ranges(other)
    for (least, most), question in zip(spans[len(reading.values) :], situation.index.questions):
        if most == 0.0:
            continue
        key = question["key"]
        value = chosen_values(reading, key, situation.chosen.get(key))
        first, last = ranges[key] if value is None else (value[0] - value[other],) * 2
        low += first * (most if first < 0.0 else least)
        high += last * (most if last > 0.0 else least)
    return low, high


def _divided(end: float, positive: float, negative: float) -> float:
    """`end` over the total weight that makes it extreme; its sign stays."""
    total = positive if end > 0.0 else negative
    return end / total if total > 0.0 else 0.0


def _scale_ranges(index: Any, opened: list[str]) -> dict[str, tuple[float, float]]:
    ranges: dict[str, tuple[float, float]] = {}
    for key in opened:
        for option in index.options[key].values():
            for other, factor in option["scales"].items():
                low, high = ranges.get(other, (1.0, 1.0))
                ranges[other] = min(low, factor), max(high, factor)
    return ranges
