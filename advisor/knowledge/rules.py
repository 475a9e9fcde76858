"""Compiled knowledge in memory, and how it gets there on the shortest way."""

from __future__ import annotations

import json
import os

from advisor import trees
from advisor.knowledge import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 3
"""The form of compiled knowledge; `advisor.knowledge.compiler.FORMAT` is the same number."""


class Rules:
    """One rule pack, ready to decide with; it never changes.

    `core` holds what a decision needs, `texts()` every record in words. `folder` is where the pack lies.
    """

    def __init__(self, core: dict[str, Any], folder: str, texts: dict[str, Any] | None = None) -> None:
        self.core = core
        self.folder = folder
        self.readings: dict[Any, Any] = {}
        self._texts = texts

    @property
    def id(self) -> str:
        """The pack's id."""
        return str(self.core["pack"]["id"])

    @property
    def version(self) -> str:
        """The pack's version."""
        return str(self.core["pack"]["version"])

    @property
    def digest(self) -> str:
        """Hash of the content of every file of the pack and of the packs it extends."""
        return str(self.core["pack"]["digest"])

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Ids of what can be chosen, in the pack's order."""
        return tuple(ident for ident, _ in self.core["alternatives"])

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names of the sets of answers that the pack holds."""
        return tuple(self.core["profiles"])

    @property
    def loaded_texts(self) -> dict[str, Any] | None:
        """The texts if they are in memory already."""
        return self._texts

    def texts(self) -> dict[str, Any]:
        """Per kind of record, id -> {record, file, line}: every word of the pack."""
        if self._texts is None:
            stored = cache.read(cache.path(self.folder, "texts"), FORMAT)
            if isinstance(stored, dict) and stored.get("digest") == self.digest:
                self._texts = stored["texts"]
            else:
                self._texts = _build(self.folder)._texts
        assert self._texts is not None
        return self._texts

    def __repr__(self) -> str:
        return f"Rules({self.id!r}, version={self.version!r}, digest={self.digest!r})"


def load(pack: str | None = None) -> Rules:
    """The rule pack in the folder or of the name `pack`; the built-in one when omitted.

    Raises `RulesError` when the pack cannot be used.
    """
    if pack is None or pack == "builtin":
        folder = trees.RULES
    elif os.path.isdir(pack):
        folder = pack
    else:
        from advisor.knowledge import build

        folder = build.resolve(pack)
    stored = cache.read(cache.path(folder, "core"), FORMAT)
    if stored is not None and _fresh(stored, folder):
        return Rules(stored["core"], folder)
    if folder == trees.RULES and (rules := _shipped(folder)) is not None:
        return rules
    return _build(folder)


def _fresh(stored: Any, folder: str) -> bool:
    """Whether no file of the pack, nor of a pack it extends, has changed since `stored` was compiled."""
    try:
        chain = stored["chain"]
        if chain[0][0] != os.path.abspath(folder):
            return False
        return all(cache.stamps(where) == files for where, files in chain)
    except (LookupError, TypeError, OSError):
        return False


def _shipped(folder: str) -> Rules | None:
    """The compiled pack that the wheel carries, if it fits the YAML files beside it to the byte."""
    try:
        with open(trees.COMPILED_RULES, encoding="utf-8") as stream:
            shipped = json.load(stream)
    except (OSError, ValueError):
        return None
    from advisor.knowledge.digest import of_folder
    from advisor.version import __version__

    core = shipped.get("core", {})
    if shipped.get("version") != __version__ or core.get("format") != FORMAT:
        return None
    if core["pack"]["digest"] != of_folder(folder):
        return None
    for section in shipped["texts"].values():
        for entry in section.values():
            if "file" in entry:
                entry["file"] = os.path.join(folder, *entry["file"].split("/"))
    _keep(folder, core, shipped["texts"], [[folder, cache.stamps(folder)]])
    return Rules(core, folder, shipped["texts"])


def _build(folder: str) -> Rules:
    from advisor.knowledge import build

    core, texts, chain = build.compiled(folder)
    _keep(folder, core, texts, chain)
    return Rules(core, folder, texts)


def _keep(folder: str, core: Any, texts: Any, chain: list[list[Any]]) -> None:
    located = [[os.path.abspath(where), files] for where, files in chain]
    if cache.write(cache.path(folder, "texts"), FORMAT, {"digest": core["pack"]["digest"], "texts": texts}):
        cache.write(cache.path(folder, "core"), FORMAT, {"chain": located, "core": core})
