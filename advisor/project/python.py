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

PARSED = 1_000_000
"""Longer code is read line by line: its tree would take hundreds of megabytes."""

_QUOTED = re.compile(
    r"#[^\n]*|(?:'''(?s:.*?)(?:'''|\Z)|\"\"\"(?s:.*?)(?:\"\"\"|\Z))"
    r"|'(?:\\.?|[^'\\\n])*(?:'|(?=\n)|\Z)|\"(?:\\.?|[^\"\\\n])*(?:\"|(?=\n)|\Z)"
)
"""Comments and strings; a string without an end takes the rest of its line, so that no text is slow."""
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
    return any([stem in code for stem in STEMS])


def uses(code: str) -> tuple[list[Use], bool]:
    """All uses in order of their lines, and whether the code could be parsed. Never raises for any text."""
    if len(code) <= PARSED and not _too_deep(code):
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
        else:
            return _of_tree(tree), True
    return _of_lines(code), False


def _too_deep(code: str) -> bool:
    """Whether the tree could overflow the C stack of an interpreter that does not count its depth."""
    if sys.version_info >= (3, 11):
        return False
    return max((len(part) for part in re.findall(r"(?:[-+~*/.\w]|\s)+", code)), default=0) > 20_000


def _of_tree(tree: ast.Module) -> list[Use]:
    nodes = _flat(tree)
    found: list[Use] = []
    aliases: dict[str, str] = {}
    for node in nodes:
        if type(node) is ast.Import:
            for name in node.names:
                if name.name.partition(".")[0] in ROOTS:
                    found.append(Use(node.lineno, name.name, True))
                    if name.asname:
                        aliases[name.asname] = name.name
                    else:
                        root = name.name.partition(".")[0]
                        aliases[root] = root
        elif (
            type(node) is ast.ImportFrom and not node.level and (node.module or "").partition(".")[0] in ROOTS
        ):
            for name in node.names:
                dotted = str(node.module) if name.name == "*" else f"{node.module}.{name.name}"
                found.append(Use(node.lineno, dotted, True))
                if name.name != "*":
                    aliases[name.asname or name.name] = dotted
    for node in nodes:
        if type(node) is ast.Attribute:
            attributes = [node.attr]
            inner: ast.expr = node.value
            while type(inner) is ast.Attribute:
                attributes.append(inner.attr)
                inner = inner.value
            if type(inner) is ast.Name and inner.id in aliases:
                dotted = ".".join([aliases[inner.id], *reversed(attributes)])
                found.append(Use(node.lineno, dotted, False))
        elif type(node) is ast.Name:
            if node.id in aliases:
                found.append(Use(node.lineno, aliases[node.id], False))
        elif type(node) is ast.Call and len(node.args) == 1:
            dynamic = _imported_by_name(node)
            if dynamic is not None:
                found.append(Use(node.lineno, dynamic, True))
    found.sort(key=_line)
    return found


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
        return argument.value if argument.value.partition(".")[0] in ROOTS else None
    return None


def _flat(tree: ast.Module) -> list[ast.AST]:
    """Imports, calls, names, and attributes (only the outermost of a chain), in no particular order."""
    found: list[ast.AST] = []
    pending: list[object] = [tree]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind in _WANTED:
            found.append(node)  # type: ignore[arg-type]
            if kind is ast.Attribute:
                inner = node.value  # type: ignore[attr-defined]
                while type(inner) is ast.Attribute:
                    inner = inner.value
                if type(inner) is not ast.Name:
                    pending.append(inner)
                continue
            if kind is not ast.Call:
                continue
        elif kind in _LEAVES:
            continue
        for value in node.__dict__.values():
            if type(value) is list:
                pending += value
            elif type(value) not in _ATOMS:
                pending.append(value)
    return found


_WANTED = frozenset({ast.Import, ast.ImportFrom, ast.Name, ast.Attribute, ast.Call})
_ATOMS = frozenset({int, str, type(None), ast.Load, ast.Store, ast.Del, ast.Constant})
_LEAVES = frozenset({*_ATOMS, ast.Global, ast.Nonlocal, ast.Pass, ast.alias})


def _of_lines(code: str) -> list[Use]:
    """Uses in code that is not valid Python of this version: strings and comments blanked, then line by line."""
    code = _QUOTED.sub(_blank, code)
    lines = code.split("\n")
    aliases: dict[str, str] = {}
    found: list[Use] = []
    for number, line in enumerate(lines, 1):
        simple = _IMPORT.match(line)
        if simple is not None:
            for part in simple[1].split(","):
                name, _, alias = part.strip().partition(" as ")
                name, alias = name.strip(), alias.strip()
                root = name.partition(".")[0]
                if root in ROOTS:
                    found.append(Use(number, name, True))
                    aliases[alias or root] = name if alias else root
            continue
        wanted = _FROM.match(line)
        if wanted is not None:
            if wanted[1].partition(".")[0] in ROOTS:
                rest = wanted[2]
                if "(" in line and ")" not in line:
                    rest += "," + _until_closed(lines, number)
                for name, alias in _names(rest):
                    found.append(Use(number, wanted[1] if name == "*" else f"{wanted[1]}.{name}", True))
                    aliases[alias] = f"{wanted[1]}.{name}"
            continue
        for chain in _CHAIN.findall(line) if aliases else ():
            root, _, rest = chain.partition(".")
            if root in aliases:
                found.append(Use(number, f"{aliases[root]}.{rest}" if rest else aliases[root], False))
    return found


def _until_closed(lines: list[str], start: int) -> str:
    parts = []
    for line in lines[start : start + 100]:
        parts.append(line.partition(")")[0])
        if ")" in line:
            break
    return ",".join(parts)


def _names(listed: str) -> Iterable[tuple[str, str]]:
    for part in listed.replace("\\", ",").split(","):
        name, _, alias = part.strip().partition(" as ")
        name = name.strip()
        if name.isidentifier() or name == "*":
            yield name, alias.strip() or name


def _blank(found: re.Match[str]) -> str:
    """Nothing, but as many lines as before."""
    return "\n" * found[0].count("\n")
