"""What is known of a machine: named values, each with where it came from. Unknown facts are simply absent."""

from __future__ import annotations

from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Value = str | bool | int | float
    Facts = Mapping[str, "Fact"]


class Fact(Record):
    """A value and its origin: "machine" (read on the way), "probe" (detected), "override" or "given" (by the caller)."""

    __json__ = {"origin": "from"}
    value: Value
    origin: str


def as_facts(given: Mapping[str, object] | None) -> dict[str, Fact]:
    """Plain values as facts of origin "given"; values that are facts already stay; None means unknown and is left out."""
    found = {}
    for name, value in (given or {}).items():
        if isinstance(value, Fact):
            found[name] = value
        elif isinstance(value, (str, bool, int, float)):
            found[name] = Fact(value, "given")
        elif value is not None:
            raise TypeError(
                f"the fact {name!r} must be text, a number or a truth value, not {type(value).__name__}"
            )
    return found
