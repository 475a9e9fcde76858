"""Many sets of answers as columns, one per question, and conditions over them.

NumPy comes in as the argument `np`: only `advisor.advise.many` imports it.
"""

from __future__ import annotations

from advisor.advise.situation import checked, index_of
from advisor.answers import Answers
from advisor.decision.conditions import holds, leaves
from advisor.errors import AnswersError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
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
    Meaning: TypeAlias = Callable[[str | None], tuple[bool, list[Any]]]
    """question or None for the leader -> (whether as answered, what each code means)"""
    Column: TypeAlias = Callable[[str | None, bool], Array]
    """(question or None for the leader, whether as answered) -> positions in a table, one per row"""

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""States, ordered so that "all" is the least and "any" the greatest (Kleene)."""


def from_arrays(np: Any, rules: Rules, answers: Any) -> tuple[int, Columns]:
    """N and the columns of arrays of codes."""
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


def from_sets(np: Any, rules: Rules, answers: Any) -> tuple[int, Columns]:
    """The same of a sequence of sets; each different answer to a question, of one or more options, has a code."""
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


def expression(np: Any, condition: Any, meaning: Meaning, facts: Mapping[str, object]) -> Expression:
    """`condition` over columns; parts that look at one question only are tabled."""
    names = set(_names(condition))
    kind = condition[0]
    if len(names) <= 1:
        name = next(iter(names), None)
        answered, values = meaning(name)
        table = []
        for value in values:
            known = {} if name is None or value is None else {name: value}
            state = holds(condition, known, facts, value if name is None else None)
            table.append(UNKNOWN if state is None else TRUE if state else FALSE)
        if len(set(table)) == 1:
            return table[0]
        return "take", name, answered, np.array(table, np.uint8)
    if kind == "not":
        return "not", expression(np, condition[1], meaning, facts)
    groups: dict[Any, list[Any]] = {}
    for position, part in enumerate(condition[1:]):
        own = frozenset(_names(part))
        groups.setdefault(own if len(own) <= 1 else position, []).append(part)
    merged = [same[0] if len(same) == 1 else [kind, *same] for same in groups.values()]
    parts = [expression(np, part, meaning, facts) for part in merged]
    decisive = TRUE if kind == "any" else FALSE
    if any(isinstance(part, int) and part == decisive for part in parts):
        return decisive
    kept = [part for part in parts if not isinstance(part, int) or part == UNKNOWN]
    return (kind, kept) if len(kept) > 1 else kept[0] if kept else TRUE - decisive


def states(np: Any, e: Expression, column: Column) -> Any:
    """uint8 state of an expression per row, or one int when it is the same for all."""
    if isinstance(e, int):
        return e
    if e[0] == "take":
        return e[3].take(column(e[1], e[2]))
    if e[0] == "not":
        return TRUE - states(np, e[1], column)
    combine = np.maximum if e[0] == "any" else np.minimum
    result = states(np, e[1][0], column)
    for part in e[1][1:]:
        result = combine(result, states(np, part, column))
    return result


def possible(e: Expression) -> set[int]:
    """The states that an expression may take, or more than those."""
    if isinstance(e, int):
        return {e}
    if e[0] == "take":
        return {int(state) for state in e[3]}
    if e[0] == "not":
        return {TRUE - state for state in possible(e[1])}
    result = possible(e[1][0])
    for part in e[1][1:]:
        result = {(max if e[0] == "any" else min)(a, b) for a in result for b in possible(part)}
    return result


class Question:
    """What one question is in any of the sets.

    `codes`, `add`, `answered`: see `Columns`; `codes` is None when every set has code 0. `gate`: whether the
    question applies. Slots are the codes of a question that applies, then one slot for a question that does not, then
    the codes again where it is unknown whether it does. `known[s]`, `applies[s]`: what slot s means.
    """

    __slots__ = ("add", "answered", "applies", "codes", "dtype", "gate", "key", "known", "may")

    def __init__(self, key: str, column: tuple[Array, int, list[Options]] | None, default: Options) -> None:
        self.key = key
        self.codes: Array = None
        self.add = 0
        answered: list[Options] = [None]
        if column is not None:
            self.codes, self.add, answered = column
        # What the machine's facts say counts while the question is open.
        self.answered = [default if options is None else options for options in answered]

    def lay_out(self, np: Any, gate: Expression) -> None:
        """Set the slots once it is known when the question applies."""
        self.gate = gate
        self.may = possible(gate)
        self.known: list[Options] = list(self.answered)
        self.applies = [TRUE] * len(self.known)
        if self.may == {FALSE}:
            self.known, self.applies = [()], [FALSE]
        elif self.may != {TRUE}:
            self.known.append(())
            self.applies.append(FALSE)
            if UNKNOWN in self.may:
                self.applies += [UNKNOWN] * len(self.answered)
                self.known += self.answered
        self.dtype = np.uint8 if max(len(self.known), len(self.answered)) <= 256 else np.int64

    def select(self, np: Any, part: Any, n: int) -> Array:
        """n codes of the sets `part`."""
        if self.codes is None:
            return np.zeros(n, self.dtype)
        codes = self.codes[part]
        if codes.itemsize == 1 and self.dtype is np.uint8:
            codes = codes.view(np.uint8)
            return codes + np.uint8(self.add) if self.add else codes
        return np.add(codes, self.add, dtype=self.dtype, casting="unsafe")
