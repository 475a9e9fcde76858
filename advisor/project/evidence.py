"""The findings as the suggestions look at them: by framework, part, package and kind of model."""

from __future__ import annotations

from advisor.project.findings import Model, Place, Requirement
from advisor.project.tally import PLACES, Count, clean
from advisor.project.versions import below, from_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.project.tally import Tally

_NONE = Count()


class Evidence:
    """Questions to a `Tally`."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def files(self, framework: str) -> int:
        """Files of code that name it."""
        return self.tally.frameworks.get(framework, _NONE).files

    def imports(self, framework: str) -> list[Place]:
        """The first imports."""
        return self.tally.frameworks.get(framework, _NONE).places

    def part_files(self, *parts: str) -> int:
        """Files that use the most used of these parts."""
        return max([self.tally.apis.get(part, _NONE).files for part in parts])

    def parts(self, *parts: str) -> list[Place]:
        """The first places of these parts."""
        return [place for part in parts for place in self.tally.apis.get(part, _NONE).places]

    def models(self, *kinds: str) -> list[Model]:
        """Model files of these kinds."""
        return [model for model in self.tally.models if model.kind in kinds]

    def asked(self, *names: str) -> list[Requirement]:
        """Requirements of these packages."""
        return [r for r in self.tally.requirements if r.name in names]

    def asked_below(self, version: tuple[int, int], *names: str) -> list[Requirement]:
        """Those that allow only releases before `version`."""
        return [r for r in self.asked(*names) if below(r.spec, version)]

    def asked_from(self, version: tuple[int, int], *names: str) -> list[Requirement]:
        """Those that allow only releases from `version` on."""
        return [r for r in self.asked(*names) if from_on(r.spec, version)]

    @staticmethod
    def place_of(found: Model | Requirement) -> Place:
        """Where a requirement or a model is."""
        if isinstance(found, Model):
            return Place(found.file, None, found.kind + (f", {found.detail}" if found.detail else ""))
        separator = ":" if found.kind == "image" and found.spec else ""
        return Place(found.file, found.line, clean(found.name + separator + found.spec))

    @staticmethod
    def why(*groups: Sequence[Place]) -> tuple[Place, ...]:
        """At most `PLACES` places, of each group in turn."""
        chosen: dict[Place, None] = {}
        for position in range(PLACES):
            for group in groups:
                if position < len(group) and len(chosen) < PLACES:
                    chosen.setdefault(group[position])
        return tuple(chosen)
