"""Whether any answers and facts can meet a condition: options of a question that takes one exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from advisor.knowledge.material import Material

MAX_WAYS = 512
"""A condition with more ways to be met than this is taken as possible."""

Leaf = tuple[str, str, frozenset[Any], bool]
"""Kind, question or fact, options or values, and whether one of them is wanted or none of them."""
Ways = list[tuple[Leaf, ...]]


def questions_in(condition: Any) -> Iterator[str]:
    """The questions that a condition (as the YAML has it) names."""
    for part in (*condition.get("all", ()), *condition.get("any", ())):
        yield from questions_in(part)
    if "not" in condition:
        yield from questions_in(condition["not"])
    yield from condition.get("answer", ())


class Reach:
    """Answers whether a condition of this material can ever be true. Unknown names count as possible."""

    def __init__(self, material: Material) -> None:
        self._questions = material.questions
        self._asked: dict[str, Ways] = {}

    def possible(self, condition: Any) -> bool:
        """False only when no combination of options, facts and leaders makes `condition` true."""
        ways = self._ways(condition, wanted=True, deep=True)
        return len(ways) > MAX_WAYS or any(self._consistent(way) for way in ways)

    def _ways(self, condition: Any, *, wanted: bool, deep: bool) -> Ways:
        """How `condition` comes out as `wanted`, as alternatives of leaves that must all hold; cut off at the limit.

        `deep`: an option can be chosen only where its question applies, so that question's own condition (but not
        those of the questions in it) is part of each way.
        """
        if not condition:
            return [()]
        (key, value), *_ = condition.items()
        if key == "not":
            return self._ways(value, wanted=not wanted, deep=deep)
        if key in ("all", "any"):
            parts = [self._ways(part, wanted=wanted, deep=deep) for part in value]
        else:
            parts = [self._leaf(key, name, test, wanted) for name, test in self._tests(value)]
            if key == "answer" and wanted and deep:
                parts += [self._applies(name) for name in value]
        if (key == "any") is wanted:
            return list(islice(chain.from_iterable(parts), MAX_WAYS + 1))
        ways: Ways = [()]
        for part in parts:
            ways = list(islice(((*way, *more) for way in ways for more in part), MAX_WAYS + 1))
        return ways

    @staticmethod
    def _tests(value: Any) -> list[tuple[str, Any]]:
        return list(value.items()) if isinstance(value, dict) else [("", value)]

    @staticmethod
    def _leaf(kind: str, name: str, test: Any, wanted: bool) -> Ways:
        # Ranges of versions are not compared.
        return [()] if isinstance(test, dict) else [((kind, name, frozenset(test), wanted),)]

    def _applies(self, name: str) -> Ways:
        if name not in self._asked:
            when = self._questions[name].data.get("when") if name in self._questions else None
            self._asked[name] = [()] if when is None else self._ways(when, wanted=True, deep=False)
        return self._asked[name]

    def _consistent(self, way: tuple[Leaf, ...]) -> bool:
        wanted: dict[tuple[str, str], list[frozenset[Any]]] = {}
        refused: dict[tuple[str, str], set[Any]] = {}
        for kind, name, options, positive in way:
            if positive:
                wanted.setdefault((kind, name), []).append(options)
            else:
                refused.setdefault((kind, name), set()).update(options)
        return all(self._choosable(*at, sets, refused.get(at, set())) for at, sets in wanted.items())

    def _choosable(self, kind: str, name: str, sets: list[frozenset[Any]], out: set[Any]) -> bool:
        """Whether options exist that hit each of `sets` and none of `out`."""
        if frozenset.intersection(*sets) - out:
            return True
        if kind != "answer" or name not in self._questions or not self._questions[name].data["multiple"]:
            return False
        alone = {o["id"] for o in self._questions[name].data["options"] if o["exclusive"]}
        return all(options - out - alone for options in sets)
