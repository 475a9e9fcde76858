"""Conditions as plain data with three values: True, False and None for unknown (Kleene's strong logic).

A condition is a list that starts with its kind: ["all", c, ...], ["any", c, ...], ["not", c],
["answer", question, [option, ...]], ["fact", name, [value, ...]], ["version", fact, min or None, max or None],
["leader", [alternative, ...]]. Nothing is ever evaluated as code.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    Condition = Sequence[Any]


def version_key(value: object) -> tuple[int, ...] | None:
    """The leading numbers of a dotted version, or None when it does not start with one: "3.14.1rc2" is (3, 14, 1)."""
    numbers = []
    for part in str(value).split("."):
        digits = ""
        for character in part:
            if not ("0" <= character <= "9"):
                break
            digits += character
        if not digits:
            break
        numbers.append(int(digits[:9]))
        if digits != part:
            break
    return tuple(numbers) or None


def _in_range(value: object, low: object, high: object) -> bool | None:
    key = version_key(value)
    if key is None:
        return None
    if low is not None:
        floor = version_key(low) or ()
        if key[: len(floor)] + (0,) * (len(floor) - len(key)) < floor:
            return False
    if high is not None:
        ceiling = version_key(high) or ()
        if key[: len(ceiling)] > ceiling:
            return False
    return True


def holds(
    condition: Condition,
    answers: Mapping[str, Sequence[str]],
    facts: Mapping[str, object],
    leader: str | None = None,
) -> bool | None:
    """Whether `condition` holds; None when an open question or a fact that nobody probed decides it.

    `answers` maps a question to the chosen options; a question that does not apply maps to no options, which makes
    each condition on it false, while an open question is absent.
    """
    kind = condition[0]
    if kind == "answer":
        chosen = answers.get(condition[1])
        if chosen is None:
            return None
        # A loop: `any` with a generator costs three times as much here, the innermost place of all.
        for option in condition[2]:  # noqa: SIM110
            if option in chosen:
                return True
        return False
    if kind == "all" or kind == "any":
        decisive = kind == "any"
        unknown = False
        for part in condition[1:]:
            state = holds(part, answers, facts, leader)
            if state is decisive:
                return decisive
            if state is None:
                unknown = True
        return None if unknown else not decisive
    if kind == "not":
        state = holds(condition[1], answers, facts, leader)
        return None if state is None else not state
    if kind == "fact":
        value = facts.get(condition[1])
        return None if value is None else value in condition[2]
    if kind == "version":
        value = facts.get(condition[1])
        return None if value is None else _in_range(value, condition[2], condition[3])
    if kind == "leader":
        return leader in condition[1]
    raise ValueError(f"unknown kind of condition: {kind!r}")


def leaves(condition: Condition) -> Iterator[Condition]:
    """Each leaf of a condition: the lists of kind answer, fact, version and leader."""
    if condition[0] in ("all", "any", "not"):
        for part in condition[1:]:
            yield from leaves(part)
    else:
        yield condition
