"""A situation under a reading: weights, local values, scores, and what constraints exclude."""

from __future__ import annotations

from advisor.advise.reading import leader
from advisor.decision.conditions import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from advisor.advise.reading import Reading, Values
    from advisor.advise.situation import Situation

OPEN = None
"""The local values of an unanswered question: not a number, but anything its options allow."""


class Evaluation:
    """Claim criteria first, then questions, all in the pack's order.

    `weights` sum to 1 over what applies, open questions included: leaving a question open dilutes the margin, it
    does not hand its weight to the others. `values[j]` is None for an open question.
    """

    __slots__ = (
        "excluded",
        "feasible",
        "leader",
        "raw",
        "reading",
        "scores",
        "situation",
        "states",
        "total",
        "values",
        "weights",
    )

    def __init__(self, reading: Reading, situation: Situation) -> None:
        self.reading = reading
        self.situation = situation
        base, total, sums = reading.weights(situation.audiences)
        count = reading.count
        index = situation.index
        raw = list(base)
        values: list[Values | None] = list(reading.values)
        scores = list(sums)
        for k, question in enumerate(index.questions):
            weight = 0.0
            value: Values | None = None
            if situation.applies[k]:
                weight = reading.question_share * question["weight"] * situation.scales[k]
                value = chosen_values(reading, question["key"], situation.chosen.get(question["key"]))
                for i in range(count):
                    scores[i] += weight * (0.5 if value is None else value[i])
            raw.append(weight)
            values.append(value)
            total += weight
        self.raw = raw
        self.values = values
        self.total = total
        scale = 1.0 / total if total > 0.0 else 0.0
        self.weights = [w * scale for w in raw]
        self.scores = [s * scale for s in scores]
        self.states = constraint_states(reading, situation)
        self.excluded = excluded_by(reading, self.states)
        self.feasible = [not ids for ids in self.excluded]
        self.leader = leader(self.scores, self.feasible)

    @property
    def margin(self) -> float:
        """D: the score of the first alternative minus that of the second, or of the best other one for three."""
        return self.scores[0] - max(self.scores[1:])

    def lead(self) -> float:
        """Score of the leader minus that of the best other feasible alternative; 0 when there is none."""
        rest = [s for i, (s, ok) in enumerate(zip(self.scores, self.feasible)) if ok and i != self.leader]
        return self.scores[self.leader] - max(rest) if self.leader is not None and rest else 0.0

    def known_share(self) -> float:
        """Share of the weight that is not held by open questions, in (0, 1]: they dilute the margin by this factor."""
        return sum(w for w, u in zip(self.weights, self.values) if u is not None) or 1.0

    def differences(self) -> list[float]:
        """d_j = u_Aj - u_Bj for two alternatives; 0 for open questions."""
        return [0.0 if u is None else u[0] - u[1] for u in self.values]


def chosen_values(reading: Reading, key: str, options: Sequence[str] | None) -> Values | None:
    """Local values of an answer: the mean over its options. None while the question is open."""
    if not options:
        return None
    table = reading.options[key]
    if len(options) == 1:
        return table[options[0]]
    rows = [table[option] for option in options]
    return tuple(sum(column) / len(rows) for column in zip(*rows))


def constraint_states(
    reading: Reading, situation: Situation, only: Sequence[int] | None = None
) -> list[bool | None]:
    """Whether each constraint's condition holds (None: unknown); one that is not in force never does.

    `only`: positions to look at; the others come out False.
    """
    constraints = reading.rules.core["constraints"]
    states: list[bool | None] = [False] * len(constraints)
    for i in range(len(constraints)) if only is None else only:
        if reading.in_force[i]:
            states[i] = holds(constraints[i]["when"], situation.known, situation.facts)
    return states


def excludes_alternative(constraint: Any) -> list[str]:
    """Alternatives that a constraint removes altogether, not only one release, runtime or tool of them."""
    return [e["alternative"] for e in constraint["excludes"] if e["scope"] == "framework"]


def excluded_by(reading: Reading, states: Sequence[bool | None]) -> list[list[str]]:
    """Per alternative the ids of the constraints that exclude it."""
    found: list[list[str]] = [[] for _ in range(reading.count)]
    for i, state in enumerate(states):
        if state:
            for position in reading.excluding[i]:
                found[position].append(reading.rules.core["constraints"][i]["id"])
    return found
