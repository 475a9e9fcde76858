"""All records of a pack and of the packs it extends, by id, each with the file it came from."""

from __future__ import annotations

from typing import Any

from advisor.knowledge.problems import Draft, error
from advisor.knowledge.source import Source


class Item:
    """One record: its data, its file, the path of keys inside the file, and what holds it (a claim's criterion)."""

    __slots__ = ("data", "holder", "path", "source")

    def __init__(self, data: dict[str, Any], source: Source, path: tuple[Any, ...], holder: str = "") -> None:
        self.data = data
        self.source = source
        self.path = path
        self.holder = holder


class Material:
    """The records of one pack after everything it extends: a record with the same id replaces the earlier one."""

    def __init__(self) -> None:
        self.pack: dict[str, Any] = {}
        self.pack_file = ""
        self.parameters: dict[str, Any] = {}
        self.parameters_file = ""
        self.alternatives: dict[str, Item] = {}
        self.categories: dict[str, Item] = {}
        self.audiences: dict[str, Item] = {}
        self.criteria: dict[str, Item] = {}
        self.claims: dict[str, Item] = {}
        self.findings: dict[str, Item] = {}
        self.questions: dict[str, Item] = {}
        self.constraints: dict[str, Item] = {}
        self.pathways: dict[str, Item] = {}
        self.profiles: dict[str, Item] = {}
        self.tools: dict[str, Item] = {}
        self.cases: dict[str, Item] = {}
        self.support: dict[str, Item] = {}
        self.files: list[Source] = []
        self.removed: set[str] = set()
        self.own: set[str] = set()

    def add(self, sources: list[Source]) -> list[Draft]:
        """Lay one pack's files over what is there; returns the ids that the pack holds twice, and misnamed files."""
        drafts: list[Draft] = []
        seen: dict[tuple[str, str], str] = {}

        def put(table: dict[str, Item], what: str, ident: str, item: Item) -> None:
            earlier = seen.setdefault((what, ident), item.source.path)
            if earlier != item.source.path or (what, ident) in done:
                drafts.append(
                    error(
                        "duplicate-id",
                        f"the {what} {ident!r} also stands in {earlier}",
                        item.source.path,
                        item.path,
                    )
                )
                return
            done.add((what, ident))
            table[ident] = item

        done: set[tuple[str, str]] = set()
        for source in sources:
            data = source.data
            stem = source.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
            if source.kind == "pack":
                self.pack = {**self.pack, **data, "extends": data.get("extends")}
                self.pack_file = source.path
            elif source.kind == "parameters":
                self.parameters = {**self.parameters, **data}
                self.parameters_file = source.path
            elif source.kind in ("alternatives", "categories", "audiences"):
                table: dict[str, Item] = getattr(self, source.kind)
                if source.kind == "alternatives":
                    table.clear()
                for i, record in enumerate(data[source.kind]):
                    put(table, source.kind, record["id"], Item(record, source, (source.kind, i)))
            elif source.kind == "criterion":
                old = self.criteria.get(data["id"])
                for claim in old.data["claims"] if old else ():
                    self.claims.pop(claim["id"], None)
                put(self.criteria, "criterion", data["id"], Item(data, source, ("id",)))
                for i, claim in enumerate(data["claims"]):
                    put(self.claims, "claim", claim["id"], Item(claim, source, ("claims", i), data["id"]))
                drafts += _named(stem, data["id"], source)
                if source.name.split("/")[1] != data["category"]:
                    drafts.append(
                        error("file-name", "the folder differs from the category", source.path, ("category",))
                    )
            elif source.kind == "findings":
                for i, finding in enumerate(data["findings"]):
                    put(
                        self.findings,
                        "finding",
                        finding["id"],
                        Item(finding, source, ("findings", i), data["family"]),
                    )
                drafts += _named(stem, data["family"], source)
            elif source.kind == "support":
                for i, row in enumerate(data["rows"]):
                    put(self.support, "support row", row["id"], Item(row, source, ("rows", i), data["about"]))
                drafts += _named(stem, data["topic"], source)
            elif source.kind == "case":
                for i, case in enumerate(data["cases"]):
                    put(self.cases, "case", case["id"], Item(case, source, ("cases", i)))
            else:
                key = "key" if source.kind in ("question", "constraint") else "id"
                table = getattr(self, source.kind + "s")
                put(table, source.kind, data[key], Item(data, source, (key,)))
                drafts += _named(stem, data[key], source)
        self.files += sources
        self.own = {source.path for source in sources}
        for ident in self.pack.get("remove", ()):
            self._remove(ident)
        return drafts

    def _remove(self, ident: str) -> None:
        self.removed.add(ident)
        for claim, item in list(self.claims.items()):
            if ident in self.criteria and item.holder == ident:
                self.removed.add(claim)
                del self.claims[claim]
        for table in (
            self.findings,
            self.claims,
            self.criteria,
            self.questions,
            self.pathways,
            self.profiles,
        ):
            table.pop(ident, None)
        for table in (self.tools, self.cases, self.support):
            table.pop(ident, None)
        for key, item in list(self.constraints.items()):
            if ident in (key, item.data["id"]):
                del self.constraints[key]

    def claims_of(self, criterion: str) -> list[Item]:
        """The claims of a criterion, in the order of its file."""
        return [item for item in self.claims.values() if item.holder == criterion]


def _named(stem: str, ident: str, source: Source) -> list[Draft]:
    if stem == ident:
        return []
    return [error("file-name", f"the file is named {stem!r} but holds {ident!r}", source.path)]
