"""Immutable typed records without the import cost of `dataclasses` (which alone is about one empty start of Python)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn

    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True, kw_only_default=False)
    class _Meta(type): ...

    _Base = object
else:
    try:
        from _collections import _tuplegetter as _getter
    except ImportError:

        def _getter(position, doc):
            import operator

            return property(operator.itemgetter(position), doc=doc)

    _Base = tuple

    class _Meta(type):
        """Makes the annotated names of a class its fields, kept as a tuple as `collections.namedtuple` does."""

        def __new__(meta, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            namespace["__slots__"] = ()
            namespace["_fields"] = fields
            for i, field in enumerate(fields):
                namespace[field] = _getter(i, None)
            return type.__new__(meta, name, bases, namespace)


class ReadOnly(dict):  # type: ignore[type-arg]
    """A mapping inside a record: a dict that refuses every change, and has a hash when its values have one."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping is part of a result and cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def __copy__(self) -> ReadOnly:
        return self


class Record(_Base, metaclass=_Meta):
    """A value with named fields: annotate them, nothing more.

    Instances compare by type and value, cannot be changed, and turn into plain JSON data with `to_dict`.
    """

    if TYPE_CHECKING:
        __json__: ClassVar[dict[str, str]]
        _fields: ClassVar[tuple[str, ...]]
    else:
        __json__ = {}
        """Field -> JSON key, for keys that are no Python names."""

        def __new__(cls, *values, **named):
            if named or len(values) != len(cls._fields):
                values = cls._arranged(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def _arranged(cls, values, named):
            if len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, {len(values)} were given")
            rest = cls._fields[len(values) :]
            for name in rest:
                if name not in named:
                    raise TypeError(f"{cls.__name__} needs {name!r}")
            for name in named:
                if name not in rest:
                    raise TypeError(f"{cls.__name__} has no field {name!r}")
            return (*values, *(named[name] for name in rest))

        def __setattr__(self, name, value):
            raise AttributeError(f"{type(self).__name__} is immutable")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable")

        def __eq__(self, other):
            return type(self) is type(other) and self.to_dict() == other.to_dict()

        def __ne__(self, other):
            return not self == other

        def __hash__(self):
            return hash((type(self).__name__, _frozen(self.to_dict())))

        def __reduce__(self):
            return type(self), tuple(self)

    if TYPE_CHECKING:

        def _values(self) -> tuple[Any, ...]: ...

    else:

        def _values(self):
            return tuple.__iter__(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self._fields)})"

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, in the order of the fields."""
        names, copied, deep = _SHAPES.get(type(self)) or _shape(type(self))
        result: dict[str, Any] = dict(zip(names, self._values()))
        for name, kind in copied:
            result[name] = kind(result[name])
        for name in deep:
            value = result[name]
            if type(value) not in _ATOMS:
                result[name] = plain(value)
        return result


_SHAPES: dict[type, Any] = {}
"""Per record type: the JSON keys, those that only change their container, and those that may hold anything."""

_PLAIN = frozenset({"str", "int", "float", "bool", "str | None", "float | None", "int | None", "bool | None"})
_COPIED: dict[str, type] = {"tuple[str, ...]": list, "tuple[float, float]": list, "Mapping[str, float]": dict}


def _shape(kind: type[Record]) -> Any:
    rows = [(kind.__json__.get(field, field), kind.__annotations__.get(field)) for field in kind._fields]
    found = _SHAPES[kind] = (
        tuple(name for name, _ in rows),
        tuple((name, _COPIED[note]) for name, note in rows if note in _COPIED),
        tuple(name for name, note in rows if note not in _PLAIN and note not in _COPIED),
    )
    return found


def _frozen(value: Any) -> Any:
    """Plain JSON data as a value that can be hashed, equal for equal data."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


_ATOMS = frozenset({str, float, int, bool, type(None)})


def plain(value: Any) -> Any:
    """`value` as JSON data; records, tuples and mappings all the way down."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is ReadOnly:
        return {key: item if type(item) in _ATOMS else plain(item) for key, item in value.items()}
    if kind is tuple or kind is list:
        return [item if type(item) in _ATOMS else plain(item) for item in value]
    if isinstance(value, Record):
        return value.to_dict()
    return {key: item if type(item) in _ATOMS else plain(item) for key, item in value.items()}
