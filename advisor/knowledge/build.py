"""A pack's folder to compiled knowledge: read what changed, lay packs over each other, link, compile."""

from __future__ import annotations

import os
from typing import Any

from advisor import trees
from advisor.errors import RulesError
from advisor.knowledge import cache, compiler, digest, link, reading, source
from advisor.knowledge.material import Material
from advisor.knowledge.problems import Draft, Problem, as_error
from advisor.version import __version__

ENTRY_POINTS = "advisor.rules"


class Built:
    """The outcome of reading a pack: its material, every problem found so far, and what was read."""

    def __init__(self) -> None:
        self.material = Material()
        self.problems: list[Problem] = []
        self.chain: list[list[Any]] = []
        self.digest = ""
        self.places: dict[str, reading.Places] = {}

    def add(self, drafts: list[Draft]) -> None:
        self.problems += [source.place(draft, self.places) for draft in drafts]

    def errors(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)


def resolve(name: str, beside: str | None = None) -> str:
    """The folder of a pack given as a path, as `builtin`, or as the name of an installed pack.

    `beside`: the folder of the pack that extends it; relative paths start there. Installed packs announce a folder
    through the entry point group `advisor.rules`; only the one named is loaded.
    """
    if name == "builtin":
        return trees.RULES
    candidate = os.path.join(beside, name) if beside else name
    if os.path.isdir(candidate):
        return candidate
    if os.path.exists(candidate):
        raise RulesError("is a file; a rule pack is a folder with a pack.yaml", file=candidate)
    if os.sep not in name and "/" not in name:
        from importlib.metadata import entry_points

        installed = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
        if name in installed:
            return _folder_of(name, installed[name].load())
        from advisor.errors import nearest

        raise RulesError(
            f"there is no rule pack {name!r}",
            expected="a folder or an installed pack",
            nearest=nearest(name, [*installed, "builtin"]),
        )
    raise RulesError("there is no such folder", file=candidate)


def _folder_of(name: str, loaded: Any) -> str:
    where = loaded() if callable(loaded) else loaded
    paths = list(getattr(where, "__path__", [])) or [where]
    folder = os.fspath(paths[0]) if isinstance(paths[0], (str, os.PathLike)) else ""
    if not os.path.isdir(folder):
        raise RulesError(f"the installed pack {name!r} names no folder")
    return str(folder)


def read(folder: str, *, keep: bool = True) -> Built:
    """Everything in a pack and the packs it extends, with all problems. `keep=False` ignores what is remembered."""
    built = Built()
    digests: list[bytes] = []
    layers: list[list[source.Source]] = []
    pending: str | None = folder
    visited: list[str] = []
    while pending is not None:
        real = os.path.realpath(pending)
        if real in visited:
            raise RulesError("packs extend each other in a circle", file=os.path.join(pending, "pack.yaml"))
        visited.append(real)
        sources, stamps, parent, pack_digest = _read_layer(built, pending, bool(len(visited) > 16), keep)
        digests.append(pack_digest)
        layers.append(sources)
        built.chain.append([pending, stamps])
        pending = resolve(parent, pending) if parent else None
    built.digest = digest.of_packs(digests)
    for sources in reversed(layers):
        built.add(built.material.add(sources))
    return built


def _read_layer(
    built: Built, folder: str, too_deep: bool, keep: bool
) -> tuple[list[source.Source], list[list[Any]], str | None, bytes]:
    if too_deep:
        raise RulesError("extends more than 16 packs", file=folder)
    try:
        files = cache.stamps(folder)
    except OSError as problem:
        raise RulesError(f"cannot be read: {problem.strerror}", file=folder) from None
    if not any(name in ("pack.yaml", "pack.yml") for name, *_ in files):
        raise RulesError("the pack is empty: it has no pack.yaml", file=folder)
    remembered = _remembered(folder) if keep else {}
    memory: dict[str, Any] = {}
    sources: list[source.Source] = []
    stamps: list[list[Any]] = []
    contents: list[tuple[str, bytes]] = []
    unread: list[tuple[str, str, str]] = []
    changed = len(files) != len(remembered)
    parent: str | None = None
    for name, *stamp in files:
        path = os.path.join(folder, name)
        stamps.append([name, *stamp])
        if source.kind_of(name) is None:
            built.add([source.unknown_file(name, path)] if name.endswith((".yaml", ".yml")) else [])
            continue
        known = remembered.get(name)
        if known is not None and known["stamp"] == stamp:
            content_hash = bytes.fromhex(known["hash"])
            sources.append(source.Source(name, path, known["kind"], known["data"], known["lines"]))
            memory[name] = known
        else:
            changed = True
            try:
                text = reading.read_text(path)
            except RulesError as problem:
                built.problems.append(
                    Problem(
                        "syntax", "error", problem.message, path, problem.line or 1, problem.column or 1, None
                    )
                )
                continue
            content_hash = digest.content(text.encode())
            unread.append((name, path, text))
            memory[name] = {"stamp": stamp, "hash": content_hash.hex()}
        contents.append((name, content_hash))
    # pack.yaml first: whether the pack extends another decides which keys parameters.yaml must have.
    unread.sort(key=lambda item: item[0] not in ("pack.yaml", "pack.yml"))
    for item in sources:
        if item.kind == "pack":
            parent = item.data.get("extends")
    for name, path, text in unread:
        read_source, problems = source.validate(name, path, text, partial=parent is not None)
        built.problems += problems
        if read_source is None:
            memory.pop(name, None)
            continue
        if read_source.kind == "pack":
            parent = read_source.data.get("extends")
        sources.append(read_source)
        memory[name].update(kind=read_source.kind, data=read_source.data, lines=read_source.lines)
    sources.sort(key=lambda item: item.name)
    if keep and changed:
        cache.write(
            cache.path(folder, "files"), compiler.FORMAT, {"folder": os.path.abspath(folder), "files": memory}
        )
    return sources, stamps, parent, digest.of_files(contents)


def _remembered(folder: str) -> dict[str, Any]:
    stored = cache.read(cache.path(folder, "files"), compiler.FORMAT)
    if not isinstance(stored, dict) or stored.get("folder") != os.path.abspath(folder):
        return {}
    files = stored.get("files")
    return files if isinstance(files, dict) else {}


def compiled(folder: str, *, keep: bool = True) -> tuple[dict[str, Any], dict[str, Any], list[list[Any]]]:
    """(core, texts, chain) of a pack. Raises `RulesError` with every problem when the pack has errors.

    `chain`: per folder, the pack itself first, its path and the name and stamp of each file.
    """
    built = read(folder, keep=keep)
    if not built.errors():
        built.add(link.drafts(built.material))
    if built.errors():
        raise as_error(built.problems, folder)
    return compiler.core(built.material, built.digest), compiler.texts(built.material), built.chain


def ship(target: str) -> None:
    """Write the compiled built-in pack for a wheel: core, texts and version in one file."""
    core, texts, _ = compiled(trees.RULES, keep=False)
    for section in texts.values():
        for entry in section.values():
            if isinstance(entry, dict) and "file" in entry:
                entry["file"] = os.path.relpath(entry["file"], trees.RULES).replace(os.sep, "/")
    import json

    with open(target, "w", encoding="utf-8") as stream:
        json.dump(
            {"version": __version__, "core": core, "texts": texts},
            stream,
            separators=(",", ":"),
            ensure_ascii=False,
        )
