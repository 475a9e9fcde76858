"""Counts while a scan goes on, and the first places of each thing."""

from __future__ import annotations

from advisor.project.catalogue import APIS, DEEP, FRAMEWORKS, PACKAGES, WORDS_IN_PYTHON
from advisor.project.findings import (
    Api,
    Diagnostic,
    Files,
    Framework,
    Model,
    Place,
    Requirement,
    Switch,
    Touched,
)
from advisor.project.meaning import meaning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from advisor.project.python import Use

PLACES = 5
"""Places that are kept of each framework and part."""
REQUIREMENTS = 500
MODELS = 1000
DIAGNOSTICS = 40
TEXT = 120


def clean(text: str) -> str:
    """One line of at most `TEXT` characters that can be written as UTF-8."""
    text = text.strip()[: TEXT + 1]
    if len(text) > TEXT:
        text = text[: TEXT - 3] + "..."
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Count:
    """What is known of one framework or one part so far."""

    __slots__ = ("files", "imports", "lines", "lines_of_files", "places")

    def __init__(self) -> None:
        self.files = self.imports = self.lines = self.lines_of_files = 0
        self.places: list[Place] = []


class Tally:
    """Everything found so far."""

    def __init__(self) -> None:
        self.frameworks: dict[str, Count] = {}
        self.apis: dict[str, Count] = {}
        self.requirements: list[Requirement] = []
        self.models: list[Model] = []
        self.python_files = 0
        self.scanned = self.skipped = self.unreadable = 0
        self.complete = True
        self._diagnostics: list[Diagnostic] = []
        self._untold = 0
        self._pinned: set[tuple[str, str, str]] = set()

    def diagnose(self, level: str, message: str, file: str | None = None) -> None:
        """Note something, as long as there are not too many notes."""
        if len(self._diagnostics) < DIAGNOSTICS:
            self._diagnostics.append(Diagnostic(level, clean(message), file))
        else:
            self._untold += 1

    def code(
        self, file: str, found: Iterable[Use], text_of: Callable[[int], tuple[int | None, str]], size: int
    ) -> None:
        """Uses in one file of `size` lines; `text_of` gives the line in the file and the text for a line of the code."""
        frameworks: dict[str, dict[int, bool]] = {}
        apis: dict[str, set[int]] = {}
        for use in found:
            framework, parts = meaning(use.name)
            seen = frameworks.setdefault(framework, {})
            seen[use.line] = seen.get(use.line, False) or use.imported
            for api in parts:
                apis.setdefault(api, set()).add(use.line)
                frameworks.setdefault(APIS[api][0], {}).setdefault(use.line, use.imported)
        for framework, lines in frameworks.items():
            count = self.frameworks.setdefault(framework, Count())
            count.files += 1
            count.lines += len(lines)
            count.lines_of_files += size
            count.imports += sum(lines.values())
            self._places(count, file, sorted([n for n in lines if lines[n]]) or [min(lines)], text_of)
        for api, where in apis.items():
            self._part(api, file, sorted(where), text_of)

    def words(self, api: str, file: str, lines: list[tuple[int, str]]) -> None:
        """Lines (number, text) of a file that speak of a part."""
        texts = dict(lines)
        self._part(api, file, sorted(texts), lambda n: (n, texts[n]))

    def _part(
        self, api: str, file: str, lines: list[int], text_of: Callable[[int], tuple[int | None, str]]
    ) -> None:
        count = self.apis.setdefault(api, Count())
        count.files += 1
        count.lines += len(lines)
        self._places(count, file, lines, text_of)

    @staticmethod
    def _places(
        count: Count, file: str, lines: list[int], text_of: Callable[[int], tuple[int | None, str]]
    ) -> None:
        for line in lines[: PLACES - len(count.places)]:
            number, text = text_of(line)
            count.places.append(Place(file, number, clean(text)))

    def require(
        self, kind: str, file: str, name: str, spec: str, line: int, framework: str | None = None
    ) -> None:
        """A package that a file asks for; once per file and specification."""
        if (file, name, spec) in self._pinned:
            return
        if len(self.requirements) >= REQUIREMENTS:
            if self.complete:
                self.diagnose("warning", f"more than {REQUIREMENTS} requirements; the others are left out")
            self.complete = False
            return
        self._pinned.add((file, name, spec))
        known = framework or PACKAGES[name]
        self.requirements.append(Requirement(name, clean(spec), known, kind, file, line))
        self.frameworks.setdefault(known, Count())

    def model(self, model: Model) -> None:
        """A model file."""
        if len(self.models) < MODELS:
            self.models.append(model)
        elif self.complete:
            self.complete = False
            self.diagnose("warning", f"more than {MODELS} model files; the others are left out")

    def results(self) -> tuple[tuple[Framework, ...], tuple[Api, ...]]:
        """Frameworks, those in most files first, and their parts, those on most lines first."""
        frameworks = []
        for name, count in sorted(self.frameworks.items(), key=lambda pair: (-pair[1].files, pair[0])):
            specs = dict.fromkeys(r.spec for r in self.requirements if r.framework == name and r.spec)
            frameworks.append(
                Framework(
                    name,
                    FRAMEWORKS[name],
                    count.files,
                    count.imports,
                    count.lines,
                    tuple(specs)[:PLACES],
                    tuple(count.places),
                )
            )
        apis = [
            Api(name, APIS[name][1], APIS[name][0], count.lines, count.files, tuple(count.places))
            for name, count in sorted(self.apis.items(), key=lambda pair: (-pair[1].lines, pair[0]))
        ]
        return tuple(frameworks), tuple(apis)

    def switch(self) -> Switch:
        """What leaving each of the deep frameworks would touch."""
        touched = []
        for name in DEEP:
            count = self.frameworks.get(name, Count())
            own = [model for model in self.models if model.framework == name]
            parts = tuple(sorted(api for api in self.apis if APIS[api][0] == name))
            if count.files or own or not {*parts} <= WORDS_IN_PYTHON.keys():
                size = sum(model.bytes for model in own)
                touched.append(
                    Touched(name, count.files, count.lines, count.lines_of_files, parts, len(own), size)
                )
        touched.sort(key=lambda t: (-t.files, -t.models))
        return Switch(tuple(touched))

    def files(self) -> Files:
        """How many files were looked into, passed over, and refused."""
        return Files(self.scanned, self.skipped, self.unreadable)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The notes, and how many more there would be."""
        rest = (Diagnostic("info", f"{self._untold} more notes", None),) if self._untold else ()
        return (*self._diagnostics, *rest)
