"""Immutable typed records without the import cost of `dataclasses` (which alone is about one empty start of Python)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar

    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True, kw_only_default=False)
    class _Meta(type): ...
else:
    _Meta = type

_set = object.__setattr__


class Record(metaclass=_Meta):
    """A value with named fields: annotate them and repeat their names in `__slots__`.

    Instances compare by value, cannot be changed, and turn into plain JSON data with `to_dict`.
    """

    __slots__ = ()
    if TYPE_CHECKING:
        __json__: ClassVar[dict[str, str]]
    else:
        __json__ = {}
    """Field -> JSON key, for keys that are no Python names."""

    if not TYPE_CHECKING:

        def __init__(self, *values, **named):
            slots = self.__slots__
            if len(values) > len(slots):
                raise TypeError(f"{type(self).__name__} takes {len(slots)} values, {len(values)} were given")
            for name, value in zip(slots, values):
                _set(self, name, value)
            if len(values) < len(slots):
                for name in slots[len(values) :]:
                    if name not in named:
                        raise TypeError(f"{type(self).__name__} needs {name!r}")
                    _set(self, name, named.pop(name))
            if named:
                raise TypeError(f"{type(self).__name__} has no field {next(iter(named))!r}")

        def __setattr__(self, name, value):
            raise AttributeError(f"{type(self).__name__} is immutable")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable")

    def _values(self) -> Iterator[Any]:
        return (getattr(self, name) for name in _fields(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self).__name__, _frozen(self.to_dict())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in _fields(self))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self._values())

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, in the order of the fields."""
        names = self.__json__
        result: dict[str, Any] = {}
        for name in _fields(self):
            value = getattr(self, name)
            result[names.get(name, name) if names else name] = (
                value if type(value) in _ATOMS else plain(value)
            )
        return result


def _fields(record: Record) -> tuple[str, ...]:
    return record.__slots__


def _frozen(value: Any) -> Any:
    """Plain JSON data as a value that can be hashed, equal for equal data."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


_ATOMS = frozenset({str, float, int, bool, type(None)})


def plain(value: Any) -> Any:
    """`value` as JSON data; records and tuples all the way down."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [item if type(item) in _ATOMS else plain(item) for item in value]
    if isinstance(value, Record):
        return value.to_dict()
    return {key: item if type(item) in _ATOMS else plain(item) for key, item in value.items()}
