"""What is wrong with a rule pack, as data: one record per finding, with code, place and the nearest valid name."""

from __future__ import annotations

from advisor.errors import RulesError, nearest
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CODES = {
    "no-pack": "the folder holds no pack, or extends one that cannot be found",
    "syntax": "the file is not plain YAML data",
    "shape": "a key is missing, unknown, or holds a value of the wrong type",
    "unknown-file": "a file that no kind of rule claims",
    "file-name": "the file's name differs from the id inside",
    "unknown-id": "a reference to something that does not exist",
    "duplicate-id": "two records with one id",
    "reserved-id": "an id that has another meaning",
    "too-few-alternatives": "there is nothing to choose between",
    "no-criteria": "the pack holds neither criteria nor questions",
    "future-date": "a date after the pack's review, or in the future",
    "date-order": "dates that do not ascend",
    "missing-source": "a finding without a source",
    "unverified": "a finding that nobody could verify; it weighs nothing",
    "never-matters": "a criterion or question that speaks for all alternatives alike",
    "unreachable-option": "a question, constraint or pathway whose condition no answers can meet",
    "double-family": "a finding that stands twice in its family, or a source in two families",
    "no-remedy": "a constraint without a remedy",
    "no-claims": "a criterion without claims",
    "restates-chain": "a restated claim that itself restates another",
    "case-profile": "a case or profile with options that cannot be chosen together",
}
"""Every code that `advisor rules check` can give, with its meaning."""


class Problem(Record):
    """One finding about a rule pack. `level` is "error" (the pack cannot be used as it is) or "warning"."""

    code: str
    level: str
    message: str
    file: str
    line: int
    column: int
    nearest: str | None

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {self.message}{hint} [{self.code}]"


class Draft(Record):
    """A problem whose place is still a path of keys inside a file."""

    code: str
    level: str
    message: str
    file: str
    path: tuple[object, ...]
    nearest: str | None


def error(code: str, message: str, file: str, path: Sequence[object] = (), close: str | None = None) -> Draft:
    return Draft(code, "error", message, file, tuple(path), close)


def warning(
    code: str, message: str, file: str, path: Sequence[object] = (), close: str | None = None
) -> Draft:
    return Draft(code, "warning", message, file, tuple(path), close)


def unknown(what: str, name: object, valid: Iterable[str], file: str, path: Sequence[object]) -> Draft:
    """An error about a name that is not among `valid`, with the nearest one that is."""
    close = nearest(name, valid)
    return error("unknown-id", f"there is no {what} {str(name)[:80]!r}", file, path, close)


def as_error(problems: Sequence[Problem], pack: str) -> RulesError:
    """The exception for a pack with errors: the first one in words, all of them as data."""
    errors = [p for p in problems if p.level == "error"]
    first = errors[0]
    more = f" (and {len(errors) - 1} more; `advisor rules check` lists all)" if len(errors) > 1 else ""
    return RulesError(
        first.message + more,
        file=first.file or pack,
        line=first.line,
        column=first.column,
        nearest=first.nearest,
        problems=problems,
    )
