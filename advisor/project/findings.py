"""What a scan found, as records; `Scan.to_dict()` is what `advisor scan --format json` prints."""

from __future__ import annotations

from advisor.answers import Answers
from advisor.record import Record

CLEAR = ("strong", "moderate")
"""Strengths of a suggestion that count as an answer; a weak one is only shown."""


class Place(Record):
    """Where something stands. `line` counts from 1 and is null where a file has no lines; `text` is cut to 120 characters."""

    file: str
    line: int | None
    text: str


class Files(Record):
    """How many files were looked into, passed over (pictures, links, pipes, too large ...) and could not be read."""

    scanned: int
    skipped: int
    unreadable: int


class Framework(Record):
    """A framework or library that code imports or a requirements file names.

    `files` and `imports` count files and import statements, `lines` the lines that name something of it,
    `versions` the different specifications, such as ">=2.1"; `places` are the first five imports.
    """

    id: str
    name: str
    files: int
    imports: int
    lines: int
    versions: tuple[str, ...]
    places: tuple[Place, ...]


class Api(Record):
    """A part of a framework that matters for a decision: lines and files that use it, and the first five lines."""

    id: str
    title: str
    framework: str
    count: int
    files: int
    places: tuple[Place, ...]


class Requirement(Record):
    """A machine-learning package that a file asks for.

    `kind`: requirements, project (pyproject.toml, setup.*), conda, lock, install (a pip or conda command), image (Docker), javascript.
    """

    name: str
    spec: str
    framework: str
    kind: str
    file: str
    line: int


class Model(Record):
    """A model file, known by its content; of a folder (SavedModel) the folder.

    `framework` is null where the format does not tell. `detail` is what the head of the file adds, such as the
    version or the producer. `pointer`: only a Git LFS pointer is here, and its extension decided.
    """

    file: str
    kind: str
    framework: str | None
    bytes: int
    detail: str | None
    pointer: bool


class Suggestion(Record):
    """An answer that the findings suggest. `strength`: strong, moderate or weak; `why` are places that speak for it."""

    question: str
    options: tuple[str, ...]
    why: tuple[Place, ...]
    strength: str


class Touched(Record):
    """What leaving a framework would touch: files that import it, lines in them that name it, all their lines, its models."""

    framework: str
    files: int
    lines: int
    lines_of_files: int
    apis: tuple[str, ...]
    models: int
    model_bytes: int


class Switch(Record):
    """What a change of framework would touch, for each framework in use, the most used first."""

    frameworks: tuple[Touched, ...]


class Diagnostic(Record):
    """Something that the scan could not do or left out. `level`: info or warning."""

    level: str
    message: str
    file: str | None


class Scan(Record):
    """Everything that was found in one folder.

    JSON, in this order: `schema_version` 1, `advisor_version`, `folder` as it was given, `files`, `frameworks`
    (most files first), `apis` (most lines first), `requirements` and `models` (in order of their files),
    `suggestions`, `switch`, `diagnostics`. All paths are relative to the folder, with forward slashes.
    """

    schema_version: int
    advisor_version: str
    folder: str
    files: Files
    frameworks: tuple[Framework, ...]
    apis: tuple[Api, ...]
    requirements: tuple[Requirement, ...]
    models: tuple[Model, ...]
    suggestions: tuple[Suggestion, ...]
    switch: Switch
    diagnostics: tuple[Diagnostic, ...]

    def answers(self) -> Answers:
        """Answers of origin "scan" to the questions that the code settles; weak suggestions are left out."""
        return Answers(
            {s.question: s.options for s in self.suggestions if s.strength in CLEAR}, origin="scan"
        )
