"""One tree of errors. Each knows the place, what was expected and the nearest valid name where one exists."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def nearest(name: object, valid: Iterable[str]) -> str | None:
    """The valid name closest to `name`, or None when nothing is close (similarity below 0.6)."""
    import difflib

    if not isinstance(name, str) or len(name) > 200:
        return None
    names = list(valid)
    for candidate in names:
        if candidate.replace("-", "_").lower() == name.replace("-", "_").lower():
            return candidate
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return close[0] if close else None


class AdvisorError(Exception):
    """Base of every error that a user can cause or mend.

    `file`, `line` and `column` (both from 1) name the place, `expected` what would have been right, `nearest`
    the closest valid name. Each is None where it does not apply.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        expected: str | None = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.expected = expected
        self.nearest = nearest

    def place(self) -> str:
        """`file:line:column`, as far as it is known; empty when nothing is."""
        parts = [self.file] if self.file else []
        if self.file and self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        place = self.place()
        text = f"{place}: {self.message}" if place else self.message
        if self.expected:
            text += f" (expected {self.expected})"
        if self.nearest:
            text += f"; did you mean {self.nearest!r}?"
        return text


class UsageError(AdvisorError):
    """A flag or an argument that makes no sense."""


class AnswersError(AdvisorError):
    """An answers file, an answer flag or a profile that does not fit the rules."""


class RulesError(AdvisorError):
    """A rule pack that cannot be used. `problems` holds every finding, the first of which is the message."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        expected: str | None = None,
        nearest: str | None = None,
        problems: Sequence[object] = (),
    ) -> None:
        super().__init__(message, file=file, line=line, column=column, expected=expected, nearest=nearest)
        self.problems = tuple(problems)


class ProbeError(AdvisorError):
    """A probe that gave no answer."""


class MeasurementsError(AdvisorError):
    """A measurements file that cannot be used."""


class OutputError(AdvisorError):
    """A result that could not be written."""
