"""Recommendations for many sets of answers at once, in columns: one NumPy array per question.

Every question becomes a small table over its possible answers, and several tables are joined into one, so that a set
of answers costs a few table look-ups. Whatever rounding could decide, ties above all, is decided once more by
`Evaluation`, so that each row says what `recommend` says.
"""

from __future__ import annotations

import random

from advisor import days
from advisor.advise.accepted import exact, surely_accepted
from advisor.advise.columns import TRUE, from_arrays, from_sets, states
from advisor.advise.evaluation import Evaluation
from advisor.advise.pathways import applying
from advisor.advise.reading import reading_of
from advisor.advise.situation import Situation, index_of
from advisor.advise.tables import Plan, Rows
from advisor.advise.verdict import SAMPLES, SEED, acceptabilities, outcome_of
from advisor.answers import Answers
from advisor.errors import UsageError
from advisor.facts import as_facts
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from advisor.advise.columns import Array
    from advisor.knowledge.rules import Rules

OUTCOMES = ("recommend", "either", "neither", "infeasible")
RECOMMEND, EITHER, NEITHER, INFEASIBLE = range(4)
CHUNK = 32768
"""Rows worked on at once: their scores and the joined tables fit a second-level cache."""
DOUBT = 1e-11
"""Scores and indices closer than this to what decides are compared once more as `recommend` compares them."""


class Verdicts(Record):
    """One row per set of answers, N rows; m alternatives in the order of `alternatives`. The arrays are read-only.

    `alternative`: int8, position in `alternatives`, -1 where none is recommended. `outcome`: uint8, position in
    `outcomes`. `margin`: float64, as in `Verdict`. `scores`: N x m float64 that each row's criteria share out of 1.
    `excluded`: N x m bool. `leader`: int8, the best score among what is feasible, -1 where nothing is.
    """

    alternatives: tuple[str, ...]
    outcomes: tuple[str, ...]
    alternative: Array
    outcome: Array
    margin: Array
    scores: Array
    excluded: Array
    leader: Array

    def __len__(self) -> int:
        return len(self.outcome)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdicts) and all(
            a == b if isinstance(a, tuple) else (a.shape == b.shape and bool((a == b).all()))
            for a, b in zip(self._values(), other._values())
        )

    __hash__ = None  # type: ignore[assignment]

    def to_dict(self) -> dict[str, Any]:
        """Every array as a list."""
        return {n: v if isinstance(v, tuple) else v.tolist() for n, v in zip(self._fields, self._values())}


def recommend_many(
    rules: Rules,
    answers: Sequence[Answers | Mapping[str, Any]] | Mapping[str, Array],
    *,
    as_of: str = "today",
    facts: Mapping[str, object] | None = None,
    acceptability: bool = True,
) -> Verdicts:
    """The verdicts that `recommend` gives for each of N sets of answers under the same reading and facts.

    `answers`: a sequence of sets, or, much faster, question -> N integers: the position of the option among the
    question's options, -1 for open; questions left out are open in every set. Several options for one question
    need the first form. With `acceptability=False` no acceptability index is computed: a lead outside the
    indifference band is then always "recommend"; all else stays the same. For three and more alternatives the
    index costs about a millisecond per different set.

    Raises `AnswersError` for answers that do not fit the rules, and `UsageError` for an `as_of` that is no reading
    or when NumPy is not installed.
    """
    np = _numpy()
    known = {name: fact.value for name, fact in as_facts(facts).items()}
    article, day = _when(as_of, rules)
    reading = reading_of(rules, day, article=article)
    if hasattr(answers, "items") and not isinstance(answers, Answers):
        length, columns = from_arrays(np, rules, answers)
    else:
        length, columns = from_sets(np, rules, answers)
    two = reading.count == 2
    plan = Plan(np, reading, columns, known, day, acceptability=acceptability)
    result = Verdicts(
        rules.alternatives,
        OUTCOMES,
        np.empty(length, np.int8),
        np.empty(length, np.uint8),
        np.empty(length),
        np.empty((length, reading.count)),
        np.empty((length, reading.count), bool),
        np.empty(length, np.int8),
    )
    doubtful, pending = np.zeros(length, bool), np.zeros(length, bool)
    for start in range(0, length, CHUNK):
        _decide(plan, slice(start, min(start + CHUNK, length)), result, doubtful, pending)
    if acceptability and two:
        for rows in _blocks(np.flatnonzero(pending)):
            _accept(plan, rows, result, doubtful)
    elif acceptability:
        doubtful |= pending
    one = _One(plan)
    for rows in _blocks(np.flatnonzero(doubtful)):
        one.write(rows, result)
    for name in Verdicts._fields[2:]:
        getattr(result, name).flags.writeable = False
    return result


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise UsageError("many answers at once need NumPy: pip install framework-advisor[batch]") from None
    return numpy


def _when(as_of: str, rules: Rules) -> tuple[bool, int]:
    """(whether it is the article's reading, day number)."""
    if as_of == "article":
        if rules.core["article"] is None:
            raise UsageError(f"the rule pack {rules.id!r} holds no article to read")
        return True, rules.core["article"]["day"]
    return False, days.today() if as_of == "today" else days.parse(as_of)


def _decide(plan: Plan, part: slice, result: Verdicts, doubtful: Array, pending: Array) -> None:
    """Write the rows `part`; mark those that rounding may decide, and those that hang on the acceptability index."""
    np = plan.np
    count, parameters = plan.reading.count, plan.reading.parameters
    n = part.stop - part.start
    rows = Rows(plan, part, n)
    sums, _ = rows.sums()
    total = sums[:, count]
    scale = np.divide(1.0, total, out=np.zeros(n), where=True if total.all() else total > 0.0)
    known = sums[:, count + 1] * scale
    if not known.all():
        known[known == 0.0] = 1.0
    scores, excluded = result.scores[part], result.excluded[part]
    best: Any = None
    for i, expression in enumerate(plan.excluded):
        score = np.multiply(sums[:, i], scale, out=scores[:, i]).copy()
        out = np.equal(states(np, expression, rows.index), TRUE)
        excluded[:, i] = out
        if out.any():
            score[np.broadcast_to(out, n)] = -np.inf
        if best is None:
            best, second, leader = score, np.full(n, -np.inf), np.zeros(n, np.int8)
        else:
            leader = np.where(score > best, np.int8(i), leader)
            second = np.maximum(second, np.minimum(best, score))
            best = np.maximum(best, score)
    none = np.isneginf(best)
    leader[none] = -1
    np.subtract(
        scores[:, 0], scores[:, 1] if count == 2 else scores[:, 1:].max(axis=1), out=result.margin[part]
    )
    result.leader[part] = leader
    rows.leaders(leader)
    best[none] = np.inf
    # Infinite where fewer than two are feasible: one leads by any band, and none has an outcome of its own.
    lead = best - second
    over = lead - parameters["even_band"] * known
    outcome = (over < 0.0).view(np.uint8)
    outcome[none] = INFEASIBLE
    outcome[np.broadcast_to(np.equal(states(np, plan.third, rows.index), TRUE), n)] = NEITHER
    result.outcome[part] = outcome
    recommended = outcome == RECOMMEND
    result.alternative[part] = np.where(recommended, leader, np.int8(-1))
    doubtful[part] = (lead <= DOUBT) | (np.abs(over) <= DOUBT)
    if plan.acceptability:
        recommended &= np.isfinite(lead)
        if plan.squares:
            recommended &= ~surely_accepted(lead, sums[:, -1] * scale * scale, parameters)
        pending[part] = recommended


def _accept(plan: Plan, at: Array, result: Verdicts, doubtful: Array) -> None:
    """Turn "recommend" into "either" where the acceptability index of the leader is below the threshold."""
    np = plan.np
    first, which = _distinct(np, Rows(plan, at, len(at)).slots)
    rows = Rows(plan, at[first], len(first))
    _, masks = rows.sums()
    index = exact(np, rows.products(masks), plan.reading.parameters["weight_shape"])[which]
    index = np.where(result.leader[at] == 0, index, 1.0 - index)
    over = index - plan.reading.parameters["acceptability_threshold"]
    doubtful[at] |= np.abs(over) <= 1e-9
    lost = at[over < 0.0]
    result.outcome[lost] = EITHER
    result.alternative[lost] = -1


def _blocks(rows: Array) -> Iterator[Array]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _distinct(np: Any, columns: list[Array]) -> tuple[Array, Array]:
    """(positions of the first row of each kind, the kind of each row) of rows that are equal in all columns."""
    table = np.ascontiguousarray(np.stack(columns, axis=1))
    packed = table.view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).ravel()
    _, first, which = np.unique(packed, return_index=True, return_inverse=True)
    return first, which


class _One:
    """Decides single sets exactly as `recommend` does, each different one once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._draws: dict[int, Array] = {}
        self._seen: dict[tuple[int, ...], tuple[Any, ...]] = {}

    def write(self, at: Array, result: Verdicts) -> None:
        """Overwrite the rows `at`."""
        for row, *codes in zip(at, *Rows(self.plan, at, len(at)).answered):
            key = tuple(codes)
            found = self._seen.get(key)
            if found is None:
                found = self._seen[key] = self._decide(key)
            for name, value in zip(
                ("alternative", "outcome", "margin", "scores", "excluded", "leader"), found
            ):
                getattr(result, name)[row] = value

    def _decide(self, codes: tuple[int, ...]) -> tuple[Any, ...]:
        plan = self.plan
        chosen = {
            q.key: options for q, c in zip(plan.questions, codes) if (options := q.answered[c]) is not None
        }
        evaluation = Evaluation(plan.reading, Situation(index_of(plan.reading.rules), chosen, plan.facts))
        leader = -1 if evaluation.leader is None else evaluation.leader
        accepted = self._accepted(evaluation) if plan.acceptability else [1.0] * plan.reading.count
        outcome, best = outcome_of(evaluation, accepted, applying(evaluation, plan.day))
        return (
            -1 if best is None else best,
            OUTCOMES.index(outcome),
            evaluation.margin,
            evaluation.scores,
            [not ok for ok in evaluation.feasible],
            leader,
        )

    def _accepted(self, evaluation: Evaluation) -> list[float]:
        """The indices of `verdict.acceptabilities`; for three and more from its draws, which are kept."""
        np = self.plan.np
        if self.plan.reading.count == 2:
            return acceptabilities(evaluation)
        pairs = [
            (w, u)
            for w, u in zip(evaluation.weights, evaluation.values)
            if u is not None and w > 0.0 and any(x != u[0] for x in u)
        ]
        if len(pairs) not in self._draws:
            draw = random.Random(SEED).gammavariate
            shape = self.plan.reading.parameters["weight_shape"]
            drawn = [[draw(shape, 1.0) for _ in pairs] for _ in range(SAMPLES)]
            self._draws[len(pairs)] = np.array(drawn).reshape(SAMPLES, len(pairs)).T.copy()
        scores = np.zeros((self.plan.reading.count, SAMPLES))
        for (weight, u), draws in zip(pairs, self._draws[len(pairs)]):
            scores += weight * draws * np.array(u)[:, None]
        first = scores.argmax(axis=0)
        return [float((first == i).mean()) for i in range(self.plan.reading.count)]
