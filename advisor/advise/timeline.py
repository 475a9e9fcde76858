"""Acceptability over time for one set of answers: when the leader changed, and what moved it."""

from __future__ import annotations

from advisor import days
from advisor.advise.evaluation import Evaluation
from advisor.advise.pathways import applying
from advisor.advise.reading import Reading, reading_of
from advisor.advise.reasons import lean_on
from advisor.advise.situation import Situation, checked, index_of, prefilled
from advisor.advise.verdict import acceptabilities, outcome_of
from advisor.errors import UsageError
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.answers import Answers
    from advisor.facts import Fact
    from advisor.knowledge.rules import Rules

STEPS = {"month": 1, "quarter": 3, "year": 12}
MAX_POINTS = 400
MOVERS = 4


class Moved(Record):
    """Something that came into force between two points. `change` is its effect on D, or null for a constraint."""

    kind: str
    id: str
    date: str
    change: float | None
    text: str


class Point(Record):
    """The verdict on one day, and what was new since the point before."""

    date: str
    outcome: str
    alternative: str | None
    leader: str | None
    margin: float
    acceptability: Mapping[str, float]
    excluded: tuple[str, ...]
    moved_by: tuple[Moved, ...]


class Turn(Record):
    """The first day on which another verdict (outcome and alternative) came out."""

    date: str
    before: str
    after: str
    moved_by: tuple[Moved, ...]


class Timeline(Record):
    """Points at a fixed step, and the days on which the verdict turned."""

    profile: str | None
    points: tuple[Point, ...]
    turns: tuple[Turn, ...]


def timeline(
    rules: Rules,
    answers: Answers,
    facts: Mapping[str, Fact],
    first: int,
    last: int,
    step: str = "quarter",
    profile: str | None = None,
) -> Timeline:
    """Points from day `first` to day `last`, every month, quarter or year, the last day included.

    Raises `UsageError` when the days are the wrong way round or there would be more than 400 points.
    """
    if first > last:
        raise UsageError(
            f"the timeline would start on {days.text(first)}, after its end on {days.text(last)}"
        )
    when = _days(first, last, STEPS[step])
    chosen = checked(rules, answers)
    known = {name: fact.value for name, fact in facts.items()}
    added, _ = prefilled(rules, chosen, known)
    situation = Situation(index_of(rules), {**chosen, **added}, known)
    points: list[Point] = []
    turns: list[Turn] = []
    for i, day in enumerate(when):
        before = when[i - 1] if i else day
        points.append(_point(rules, situation, day, before))
        if i and _verdict(points[-1]) != _verdict(points[-2]):
            turned = _first_day(rules, situation, before, day)
            turns.append(
                Turn(
                    days.text(turned),
                    _verdict(points[-2]),
                    _verdict(_point(rules, situation, turned, turned)),
                    _moved(rules, situation, turned, before),
                )
            )
    return Timeline(profile, tuple(points), tuple(turns))


def _days(first: int, last: int, months: int) -> list[int]:
    found = []
    year, month, day = (int(part) for part in days.text(first).split("-"))
    current = first
    while current < last:
        found.append(current)
        if len(found) >= MAX_POINTS:
            raise UsageError(
                f"the timeline would have more than {MAX_POINTS} points", expected="a larger --step"
            )
        month += months
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        current = days.number(year, month, min(day, 28))
    return [*found, last]


def _verdict(point: Point) -> str:
    return point.alternative or point.outcome


def _evaluated(rules: Rules, situation: Situation, day: int) -> Evaluation:
    return Evaluation(reading_of(rules, day, article=False), situation)


def _point(rules: Rules, situation: Situation, day: int, before: int) -> Point:
    evaluation = _evaluated(rules, situation, day)
    accepted = acceptabilities(evaluation)
    names = [ident for ident, _ in rules.core["alternatives"]]
    outcome, chosen = outcome_of(evaluation, accepted, applying(evaluation, day))
    return Point(
        days.text(day),
        outcome,
        None if chosen is None else names[chosen],
        None if evaluation.leader is None else names[evaluation.leader],
        evaluation.margin,
        dict(zip(names, accepted)),
        tuple(ident for ids in evaluation.excluded for ident in ids),
        _moved(rules, situation, day, before) if before < day else (),
    )


def _first_day(rules: Rules, situation: Situation, before: int, after: int) -> int:
    """The first day in (before, after] with the verdict of `after`, by bisection."""
    goal = _verdict(_point(rules, situation, after, after))
    low, high = before, after
    while high - low > 1:
        middle = (low + high) // 2
        if _verdict(_point(rules, situation, middle, middle)) == goal:
            high = middle
        else:
            low = middle
    return high


def _moved(rules: Rules, situation: Situation, day: int, before: int) -> tuple[Moved, ...]:
    """What came into force in (before, day], the largest effect on the margin first."""
    now = _evaluated(rules, situation, day)
    then = reading_of(rules, before, article=False)
    found = [*_findings(rules, now, before), *_leans(rules, now, then, day), *_constraints(rules, now, then)]
    found.sort(key=lambda m: (m.change is not None, -abs(m.change or 0.0), m.id))
    return tuple(found[:MOVERS])


def _findings(rules: Rules, now: Evaluation, before: int) -> list[Moved]:
    core, texts = rules.core, rules.texts()["findings"]
    rows = []
    for f, moves in now.reading.effects():
        ident, seen = core["findings"][f][:2]
        if before < seen:
            change = -sum(now.weights[j] * (move[0] - max(move[1:])) for j, move in moves)
            rows.append(
                Moved(
                    "finding", ident, texts[ident]["record"]["as_of"], change, texts[ident]["record"]["shows"]
                )
            )
    return rows


def _leans(rules: Rules, now: Evaluation, then: Reading, day: int) -> list[Moved]:
    rows = []
    first = len(rules.core["criteria"])
    for k, question in enumerate(now.situation.index.questions):
        key = question["key"]
        for option in now.situation.chosen.get(key, ()):
            new, old = now.reading.options[key][option], then.options[key][option]
            if new != old and now.weights[first + k] > 0.0:
                lean = lean_on(rules.texts()["questions"][key]["record"], option, day)
                share = now.weights[first + k] / len(now.situation.chosen[key])
                change = share * (new[0] - max(new[1:]) - old[0] + max(old[1:]))
                rows.append(Moved("answer", f"{key}={option}", lean.get("since", ""), change, lean["why"]))
    return rows


def _constraints(rules: Rules, now: Evaluation, then: Reading) -> list[Moved]:
    rows: list[Moved] = []
    for i, constraint in enumerate(rules.core["constraints"]):
        if now.reading.in_force[i] != then.in_force[i] and constraint_matters(now, i):
            date = constraint["since"] if now.reading.in_force[i] else constraint["until"]
            rows.append(Moved("constraint", constraint["id"], days.text(date), None, constraint["title"]))
    return rows


def constraint_matters(evaluation: Evaluation, i: int) -> bool:
    """Whether constraint i removes an alternative in this situation whenever it is in force."""
    from advisor.decision.conditions import holds

    condition: Any = evaluation.reading.rules.core["constraints"][i]["when"]
    state = holds(condition, evaluation.situation.known, evaluation.situation.facts)
    return bool(evaluation.reading.excluding[i]) and state is True
