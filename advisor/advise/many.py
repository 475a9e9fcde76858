"""Recommendations for many sets of answers at once, in columns: one NumPy array per question.

Every question becomes a small table over its possible answers, and several tables are joined into one, so that a set
of answers costs a few table look-ups. Whatever rounding could decide, ties above all, is decided once more by
`Evaluation`, so that each row says what `recommend` says.
"""

from __future__ import annotations

from advisor import days
from advisor.advise.reading import reading_of
from advisor.advise.situation import checked, index_of
from advisor.answers import Answers
from advisor.decision.conditions import holds, leaves
from advisor.errors import AnswersError, UsageError, nearest
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    from advisor.knowledge.rules import Rules

    Array: TypeAlias = Any
    Options: TypeAlias = "tuple[str, ...] | None"
    """What is known of a question: its chosen options, none when it does not apply, None while it is open."""
    Columns: TypeAlias = dict[str, tuple[Array, int, list[Options]]]
    """question -> (N integers, what to add to them to get codes, the meaning of code 0, 1, ...)"""
    Expression: TypeAlias = Any
    """A condition over columns: a state, or ("take", question or None for the leader, whether as answered, state
    per code), ("not", e), ("all", [e, ...]), ("any", [e, ...])"""

OUTCOMES = ("recommend", "either", "neither", "infeasible")
CHUNK = 8192
"""Rows worked on at once: their scores and the joined tables fit a second-level cache."""
JOINED = 4096
"""Entries of a joined table at most, unless one question alone has more."""
MASK_BITS = 14
"""Kinds of users up to which every combination is tabled beforehand."""
DOUBT = 1e-11
"""Two scores closer than this are compared once more as `recommend` does it."""
FALSE, UNKNOWN, TRUE = 0, 1, 2


class Verdicts(Record):
    """One row per set of answers, N rows; m alternatives in the order of `alternatives`. The arrays are read-only.

    `alternative`: int8, position in `alternatives`, -1 where none is recommended. `outcome`: uint8, position in
    `outcomes`. `margin`: float64, as in `Verdict`. `scores`: N x m float64 that each row's criteria share out of 1.
    `excluded`: N x m bool. `leader`: int8, the best score among what is feasible, -1 where nothing is.
    """

    __slots__ = (
        "alternatives",
        "outcomes",
        "alternative",
        "outcome",
        "margin",
        "scores",
        "excluded",
        "leader",
    )
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
        return {n: v if isinstance(v, tuple) else v.tolist() for n, v in zip(self.__slots__, self._values())}


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
    facts = facts or {}
    article, day = _when(as_of, rules)
    reading = reading_of(rules, day, article=article)
    if hasattr(answers, "items") and not isinstance(answers, Answers):
        length, columns = _columns(rules, answers)
    else:
        length, columns = _sets(rules, answers)
    two = reading.count == 2
    plan = _Plan(reading, columns, facts, day, squares=acceptability and two)
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
    doubtful = np.zeros(length, bool)
    pending = np.zeros(length, bool)
    for start in range(0, length, CHUNK):
        plan.work(slice(start, min(start + CHUNK, length)), result, doubtful, pending)
    if acceptability:
        if two:
            _accept(plan, np.flatnonzero(pending), result, doubtful)
        else:
            doubtful |= pending
    _one_by_one(plan, np.flatnonzero(doubtful), result, acceptability)
    for name in Verdicts.__slots__[2:]:
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


def _columns(rules: Rules, answers: Any) -> tuple[int, Columns]:
    """N and the columns of arrays of codes."""
    np = _numpy()
    index = index_of(rules)
    columns: Columns = {}
    first = length = None
    for key, given in answers.items():
        if key not in index.position:
            raise AnswersError(
                f"there is no question {str(key)[:80]!r}", nearest=nearest(key, index.position)
            )
        column = np.asarray(given)
        if column.dtype.kind not in "iu" or column.ndim != 1:
            raise AnswersError(
                f"the codes of {key!r} are {column.dtype.name} in {column.ndim} dimensions",
                expected="a one-dimensional array of integers",
            )
        if length is None:
            first, length = key, len(column)
        if len(column) != length:
            raise AnswersError(f"{key!r} has {len(column)} codes, but {first!r} has {length}")
        if length:
            options: list[Options] = [(option,) for option in index.options[key]]
            least, most = int(column.min()), int(column.max())
            if least < -1 or most >= len(options):
                raise AnswersError(
                    f"{key!r} has no option {least if least < -1 else most}",
                    expected=f"-1 for open, or 0 to {len(options) - 1}",
                )
            columns[key] = (column, 1, [None, *options]) if least < 0 else (column, 0, options)
    if length is None:
        raise AnswersError("no question is given, so the number of sets is unknown")
    return length, columns


def _sets(rules: Rules, answers: Any) -> tuple[int, Columns]:
    """The same of a sequence of sets; each different answer to a question, of one or more options, has a code."""
    np = _numpy()
    if isinstance(answers, (Answers, str)) or not hasattr(answers, "__len__"):
        raise AnswersError(
            f"many answers cannot be {type(answers).__name__}",
            expected="a sequence of sets, or question -> array of codes",
        )
    columns: Columns = {}
    seen: dict[tuple[str, tuple[str, ...]], int] = {}
    for row, given in enumerate(answers):
        try:
            answer = given if isinstance(given, Answers) else Answers(given)
            for key in answer:
                options = answer[key]
                code = seen.get((key, options))
                if code is None:
                    checked(rules, Answers({key: options}))
                    if key not in columns:
                        columns[key] = np.zeros(len(answers), np.int32), 0, [None]
                    meaning = columns[key][2]
                    code = seen[key, options] = len(meaning)
                    meaning.append(options)
                columns[key][0][row] = code
        except AnswersError as error:
            raise AnswersError(
                f"set {row}: {error.message}", expected=error.expected, nearest=error.nearest
            ) from None
    return len(answers), columns


def _names(condition: Any) -> Iterator[str | None]:
    for leaf in leaves(condition):
        if leaf[0] == "answer":
            yield leaf[1]
        elif leaf[0] == "leader":
            yield None


def _expression(
    condition: Any, meaning: Callable[[str | None], tuple[bool, list[Any]]], facts: Any
) -> Expression:
    """`condition` over columns, the parts of one question tabled. `meaning`: (whether as answered, values per code)."""
    names = set(_names(condition))
    kind = condition[0]
    if len(names) <= 1:
        name = next(iter(names), None)
        answered, values = meaning(name)
        states = [
            holds(condition, {} if name is None or v is None else {name: v}, facts, None if name else v)
            for v in values
        ]
        table = [UNKNOWN if s is None else TRUE if s else FALSE for s in states]
        if len(set(table)) == 1:
            return table[0]
        return "take", name, answered, _numpy().array(table, _numpy().uint8)
    if kind == "not":
        return "not", _expression(condition[1], meaning, facts)
    groups: dict[Any, list[Any]] = {}
    for position, part in enumerate(condition[1:]):
        own = frozenset(_names(part))
        groups.setdefault(own if len(own) <= 1 else position, []).append(part)
    parts = [
        _expression(same[0] if len(same) == 1 else [kind, *same], meaning, facts) for same in groups.values()
    ]
    decisive = TRUE if kind == "any" else FALSE
    if decisive in [part for part in parts if isinstance(part, int)]:
        return decisive
    kept = [part for part in parts if not isinstance(part, int) or part == UNKNOWN]
    return (kind, kept) if len(kept) > 1 else kept[0] if kept else TRUE - decisive


def _states(e: Expression, column: Callable[[str | None, bool], Array]) -> Array:
    """uint8 states of an expression, one per row; a plain int when it is the same for all."""
    if isinstance(e, int):
        return e
    if e[0] == "take":
        return e[3].take(column(e[1], e[2]))
    if e[0] == "not":
        return TRUE - _states(e[1], column)
    np = _numpy()
    combine = np.maximum if e[0] == "any" else np.minimum
    result = _states(e[1][0], column)
    for part in e[1][1:]:
        result = combine(result, _states(part, column))
    return result


def _possible(e: Expression) -> set[int]:
    """The states that an expression may take, or more than those."""
    if isinstance(e, int):
        return {e}
    if e[0] == "take":
        return {int(state) for state in e[3]}
    if e[0] == "not":
        return {TRUE - state for state in _possible(e[1])}
    result = _possible(e[1][0])
    for part in e[1][1:]:
        result = {(max if e[0] == "any" else min)(a, b) for a in result for b in _possible(part)}
    return result


class _Question:
    """What one question can be in any of the sets.

    `codes`, `add`, `answered`: see `Columns`; `codes` is None when all sets have code 0. `gate`: whether the question
    applies. `known[s]`, `applies[s]`: what slot s means; the slots are the codes of a question that applies, then
    one for a question that does not, then the codes again for one of which that is unknown, as far as any can occur.
    """

    __slots__ = ("add", "answered", "applies", "codes", "dtype", "gate", "key", "known", "possible")

    def __init__(self, key: str, column: tuple[Array, int, list[Options]] | None, default: Options) -> None:
        self.key = key
        self.codes, self.add, answered = column if column is not None else (None, 0, [None])
        # A fact of the machine answers what is open.
        self.answered = [default if options is None else options for options in answered]

    def apply(self, gate: Expression) -> None:
        """Lay out the slots."""
        np = _numpy()
        self.gate = gate
        self.possible = _possible(gate)
        count = len(self.answered)
        self.known: list[Options] = list(self.answered)
        self.applies = [TRUE] * count
        if self.possible != {TRUE}:
            self.known += [(), *self.answered]
            self.applies += [FALSE] + [UNKNOWN] * count
        if UNKNOWN not in self.possible:
            del self.known[count + 1 :], self.applies[count + 1 :]
        self.dtype = np.uint8 if len(self.known) <= 256 else np.int64
