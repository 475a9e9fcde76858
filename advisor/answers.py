"""What a user said, and where each answer came from."""

from __future__ import annotations

from advisor.errors import AnswersError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ORIGINS = ("asked", "flag", "file", "profile", "probe", "scan", "default")
"""Where an answer can come from."""


class Answers:
    """An immutable set of answers: question key -> one or several option ids, each with its origin.

    `Answers({"target": "mobile"}, origin="file")`; later sets win: `profile | file | flags`.
    Whether the questions and options exist is checked by `recommend`, which knows the rules.
    """

    __slots__ = ("_chosen",)
    _chosen: dict[str, tuple[tuple[str, ...], str]]

    def __init__(
        self, chosen: Mapping[str, str | Sequence[str]] | None = None, origin: str = "asked"
    ) -> None:
        if origin not in ORIGINS:
            raise ValueError(f"origin must be one of {', '.join(ORIGINS)}, not {origin!r}")
        table: dict[str, tuple[tuple[str, ...], str]] = {}
        if chosen is not None and not hasattr(chosen, "items"):
            raise AnswersError(f"answers must map questions to options, not {type(chosen).__name__}")
        for key, options in (chosen or {}).items():
            if not isinstance(key, str):
                raise AnswersError(f"a question key must be text, not {key!r}")
            listed = [options] if isinstance(options, str) else options
            if not isinstance(listed, (list, tuple)) or not all(isinstance(o, str) for o in listed):
                raise AnswersError(
                    f"the answer to {key!r} is {type(options).__name__}",
                    expected="an option id or a list of option ids",
                )
            if listed:
                table[key] = (tuple(dict.fromkeys(listed)), origin)
        object.__setattr__(self, "_chosen", table)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Answers is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("Answers is immutable")

    def __reduce__(self) -> tuple[object, tuple[dict[str, tuple[tuple[str, ...], str]]]]:
        return _restored, (self._chosen,)

    def __getitem__(self, key: str) -> tuple[str, ...]:
        return self._chosen[key][0]

    def __contains__(self, key: object) -> bool:
        return key in self._chosen

    def __iter__(self) -> Iterator[str]:
        return iter(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answers) and self._chosen == other._chosen

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._chosen.items())))

    def __repr__(self) -> str:
        return f"Answers({ {key: list(options) for key, (options, _) in self._chosen.items()}!r})"

    def origin(self, key: str) -> str:
        """Where the answer to `key` came from, one of `ORIGINS`."""
        return self._chosen[key][1]

    def __or__(self, other: Answers) -> Answers:
        """Both sets; where both answer a question, the right one wins."""
        merged = Answers()
        merged._chosen.update(self._chosen)
        merged._chosen.update(other._chosen)
        return merged

    def without(self, key: str) -> Answers:
        """The same answers with `key` open again."""
        rest = Answers()
        rest._chosen.update((k, v) for k, v in self._chosen.items() if k != key)
        return rest


def _restored(chosen: dict[str, tuple[tuple[str, ...], str]]) -> Answers:
    answers = Answers()
    answers._chosen.update(chosen)
    return answers
