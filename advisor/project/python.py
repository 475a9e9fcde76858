"""Names of frameworks in Python code: by its syntax tree, or line by line where it has none."""

from __future__ import annotations

import ast
import re
import sys

from advisor.project.catalogue import ROOTS, STEMS
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

PARSED = 1_000_000 if sys.version_info >= (3, 11) else 50_000
"""Longer code is read line by line: its tree would take hundreds of megabytes. Python 3.10 does not count how deep a
tree is and can be brought down by 100 kB of `f()()()...`."""

_QUOTED = re.compile(
    r"#[^\n]*|(?:'''(?s:.*?)(?:'''|\Z)|\"\"\"(?s:.*?)(?:\"\"\"|\Z))"
    r"|'(?:\\.?|[^'\\\n])*(?:'|(?=\n)|\Z)|\"(?:\\.?|[^\"\\\n])*(?:\"|(?=\n)|\Z)"
)
"""Comments and strings; a string without an end takes the rest of its line, so that no text is slow."""
LONG = 300
"""A module whose name has more characters is none."""
_ANY = "|".join(sorted(ROOTS, reverse=True)).encode()
_IMPORTED = re.compile(
    rb"\b(?:import|from)(?:[ \t(]|\\\r?\n)+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*){0,50}(?:"
    + _ANY
    + rb")\b"
    rb"|(?:import_module|__import__)\([ \t]*[\"'](?:" + _ANY + rb")\b"
)
_IMPORT = re.compile(
    r"[ \t]*(?:>>> ?|\.\.\. ?)?import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)"
)
_FROM = re.compile(r"[ \t]*(?:>>> ?|\.\.\. ?)?from[ \t]+(\w[\w.]*)[ \t]+import[ \t]+\(?([^)#\n]*)")
_CHAIN = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")


class Use(Record):
    """A dotted name of a framework on a line (from 1), aliases resolved; `imported`: an import statement names it."""

    line: int
    name: str
    imported: bool


def interesting(code: bytes) -> bool:
    """Whether any name of the catalogue occurs at all."""
    for stem in STEMS:  # noqa: SIM110 -- any() with a generator takes three times as long
        if stem in code:
            return True
    return False


def imports(code: bytes) -> bool:
    """Whether an import of the catalogue can be in it; also true for one in a string or a comment."""
    return _IMPORTED.search(code) is not None


def uses(code: str) -> tuple[list[Use], bool]:
    """All uses in order of their lines, and whether the code could be parsed. Never raises for any text."""
    if len(code) <= PARSED:
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
        else:
            return _of_tree(tree), True
    return _of_lines(code), False


def _of_tree(tree: ast.Module) -> list[Use]:
    imported, named, calls = _sorted_out(tree)
    found: list[Use] = []
    aliases: dict[str, str] = {}
    for node in imported:
        if type(node) is ast.Import:
            for name in node.names:
                root = name.name.partition(".")[0]
                if root in ROOTS and len(name.name) < LONG:
                    found.append(Use(node.lineno, name.name, True))
                    aliases[name.asname or root] = name.name if name.asname else root
        elif (
            type(node) is ast.ImportFrom and not node.level and (node.module or "").partition(".")[0] in ROOTS
        ):
            for name in node.names:
                dotted = str(node.module) if name.name == "*" else f"{node.module}.{name.name}"
                found.append(Use(node.lineno, dotted, True))
                if name.name != "*":
                    aliases[name.asname or name.name] = dotted
    for alias, dotted in aliases.items():
        for use in named.get(alias, ()):
            attributes = []
            inner: ast.expr = use
            while type(inner) is ast.Attribute:
                attributes.append(inner.attr)
                inner = inner.value
            attributes.append(dotted)
            found.append(Use(use.lineno, ".".join(_short(attributes[::-1])), False))
    for call in calls:
        module = _imported_by_name(call)
        if module is not None:
            found.append(Use(call.lineno, module, True))
    found.sort(key=_line)
    return found


def _short(parts: list[str]) -> list[str]:
    """The first names of a chain and the last one; what is between says nothing more."""
    return parts if len(parts) <= 8 else [*parts[:7], parts[-1]]


def _line(use: Use) -> int:
    return use.line


def _imported_by_name(call: ast.Call) -> str | None:
    """The module that `importlib.import_module("...")` or `__import__("...")` names, when it is of a framework."""
    called = call.func
    name = called.id if type(called) is ast.Name else called.attr if type(called) is ast.Attribute else ""
    argument = call.args[0]
    if (
        name in ("import_module", "__import__")
        and type(argument) is ast.Constant
        and type(argument.value) is str
    ):
        module = argument.value
        return module if module.partition(".")[0] in ROOTS and len(module) < LONG else None
    return None


def _sorted_out(
    tree: ast.Module,
) -> tuple[list[ast.Import | ast.ImportFrom], dict[str, list[ast.Name | ast.Attribute]], list[ast.Call]]:
    """Imports, names and outermost attributes by the name they begin with, and calls with one argument.

    A loop and not `ast.walk`: a tree may be deeper than the stack, and this takes a third of the time.
    """
    imported: list[ast.Import | ast.ImportFrom] = []
    named: dict[str, list[ast.Name | ast.Attribute]] = {}
    calls: list[ast.Call] = []
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind in _LEAVES:
            continue
        if kind is ast.Name:
            named.setdefault(node.id, []).append(node)
            continue
        if kind is ast.Attribute:
            inner = node.value
            while type(inner) is ast.Attribute:
                inner = inner.value
            if type(inner) is ast.Name:
                named.setdefault(inner.id, []).append(node)
            else:
                pending.append(inner)
            continue
        if kind is ast.Import or kind is ast.ImportFrom:
            imported.append(node)
            continue
        if kind is ast.Call and len(node.args) == 1:
            calls.append(node)
        for value in node.__dict__.values():
            if type(value) is list:
                pending += value
            elif type(value) not in _LEAVES:
                pending.append(value)
    # The walk meets what comes last first.
    imported.reverse()
    return imported, named, calls


_LEAVES = frozenset(
    {int, str, type(None), ast.Load, ast.Store, ast.Del, ast.Constant, ast.Global, ast.Nonlocal, ast.Pass}
)


def _of_lines(code: str) -> list[Use]:
    """Uses in code that is not valid Python of this version: strings and comments blanked, then line by line."""
    code = _QUOTED.sub(_blank, code)
    lines = code.split("\n")
    aliases: dict[str, str] = {}
    found: list[Use] = []
    closed = 0
    for number, line in enumerate(lines, 1):
        if number <= closed:
            continue
        simple = _IMPORT.match(line)
        if simple is not None:
            for part in simple[1].split(","):
                name, _, alias = part.strip().partition(" as ")
                name, alias = name.strip(), alias.strip()
                root = name.partition(".")[0]
                if root in ROOTS and len(name) < LONG:
                    found.append(Use(number, name, True))
                    aliases[alias or root] = name if alias else root
            continue
        wanted = _FROM.match(line)
        if wanted is not None:
            if wanted[1].partition(".")[0] in ROOTS and len(wanted[1]) < LONG:
                rest = wanted[2]
                if "(" in line and ")" not in line:
                    more = _until_closed(lines, number)
                    closed = number + len(more)
                    rest = ",".join([rest, *more])
                for name, alias in _names(rest):
                    found.append(Use(number, wanted[1] if name == "*" else f"{wanted[1]}.{name}", True))
                    aliases[alias] = f"{wanted[1]}.{name}"
            continue
        for chain in _CHAIN.findall(line) if aliases else ():
            root, _, rest = chain.partition(".")
            if root in aliases:
                parts = _short([aliases[root], *rest.split(".")] if rest else [aliases[root]])
                found.append(Use(number, ".".join(parts), False))
    return found


def _until_closed(lines: list[str], start: int) -> list[str]:
    parts = []
    for line in lines[start : start + 100]:
        if line.startswith(("from ", "import ")):
            break
        parts.append(line.partition(")")[0])
        if ")" in line:
            break
    return parts


def _names(listed: str) -> Iterable[tuple[str, str]]:
    for part in listed.replace("\\", ",").split(","):
        name, _, alias = part.strip().partition(" as ")
        name = name.strip()
        if name.isidentifier() or name == "*":
            yield name, alias.strip() or name


def _blank(found: re.Match[str]) -> str:
    """Nothing, but as many lines as before."""
    return "\n" * found[0].count("\n")
