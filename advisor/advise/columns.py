"""Conditions over columns: the three values of many sets of answers at once.

NumPy comes in as the argument `np`: only `advisor.advise.many` imports it.
"""

from __future__ import annotations

from advisor.decision.conditions import holds, leaves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, TypeAlias

    Array: TypeAlias = Any
    Expression: TypeAlias = Any
    """A condition over columns: a state, or ("take", question or None for the leader, whether as answered, state
    per code), ("not", e), ("all", [e, ...]), ("any", [e, ...])"""
    Meaning: TypeAlias = Callable[[str | None], tuple[bool, list[Any]]]
    """question or None for the leader -> (whether as answered, what each code means)"""
    Column: TypeAlias = Callable[[str | None, bool], Array]
    """(question or None for the leader, whether as answered) -> positions in a table, one per row"""

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""States, ordered so that "all" is the least and "any" the greatest (Kleene)."""


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
