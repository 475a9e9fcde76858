"""Packages that a file asks for: requirements, project files, conda, lock files, Dockerfiles, install commands.

Every reader is a pure function from text to (package, specification, line from 1), line by line and forgiving; only
packages of the catalogue are reported. No file is executed.
"""

from __future__ import annotations

import re

from advisor.project.catalogue import IMAGES, PACKAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Found = tuple[str, str, int]

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,60}[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"\s*({_NAME})\s*(?:\[[^\]]{{0,200}}\])?\s*\(?((?:[=<>!~]=?=?\s*[\w.*+!-]+\s*,?\s*)*)\)?\s*(?:$|[;#@\\]|--)"
)
_CONDA = re.compile(
    rf"\s*-\s*[\"']?(?:[\w./-]+::)?({_NAME})\s*(?:\[[^\]]*\])?\s*([=<>!~][^\"'#]*|[\d][\w.*]*)?"
)
_QUOTED = re.compile(r"\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'")
_SECTION = re.compile(r"\s*\[+([^\]\n]+)\]+")
_KEY = re.compile(r"\s*[\"']?([\w.-]+)[\"']?\s*=\s*(.*)")
_INSTALL = re.compile(
    r"\b(?:pip[\d.]*|uv|conda|mamba|micromamba|poetry|pdm|pixi|pipenv)\s+(?:pip\s+)?(?:install|add|create)\b(.*)"
)
_FROM = re.compile(
    r"\s*(?:FROM|image:|-\s+image:)\s+(?:--platform=\S+\s+)?[\"']?([\w./:@${}-]+)", re.IGNORECASE
)
_VERSION = re.compile(r"[\"']?version[\"']?\s*[:=]\s*[\"']?(?:==)?([\w.+!-]+)")


def normal(name: str) -> str:
    """A package name as PyPI compares them (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str) -> tuple[str, str] | None:
    """(package of the catalogue, specification) of one PEP 508 requirement, or None."""
    match = _REQUIREMENT.match(text[:400])
    if match is None:
        return None
    name = normal(match[1])
    return (name, re.sub(r"\s+", "", match[2]).rstrip(",")) if name in PACKAGES else None


def plain(text: str) -> Iterator[Found]:
    """requirements.txt, constraints.txt and the like."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith(("#", "-")):
            found = requirement(line.split(" #")[0].rstrip("\r"))
            if found is not None:
                yield *found, number


def toml(text: str) -> Iterator[Found]:
    """pyproject.toml and Pipfile: arrays of requirements and tables of packages, not keywords or names."""
    section, key, depth = "", "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if depth <= 0:
            head = _SECTION.match(line)
            if head is not None and "=" not in line.partition("]")[0]:
                section, key = head[1].strip(), ""
                continue
        pair = _KEY.match(line) if depth <= 0 else None
        value = line
        if pair is not None:
            key, value = pair[1], pair[2]
            name = normal(key)
            table = section.endswith("dependencies") or section in ("packages", "dev-packages")
            if table and name in PACKAGES and section != "project.optional-dependencies":
                version = _QUOTED.search(value)
                inner = re.search(r"version\s*=\s*[\"']([^\"']*)", value)
                yield name, inner[1] if inner else (version[1] or version[2]) if version else "", number
                continue
        if (
            "depend" in key
            or key.startswith("require")
            or "depend" in section
            or section == "dependency-groups"
        ):
            for quoted in _QUOTED.finditer(value):
                found = requirement(quoted[1] or quoted[2])
                if found is not None:
                    yield *found, number
        bare = _QUOTED.sub("", value).partition("#")[0]
        depth = max(0, depth + bare.count("[") - bare.count("]"))


def setup(text: str) -> Iterator[Found]:
    """setup.py as text: quoted requirements after a name that has to do with requirements."""
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        assigned = re.findall(r"\b(\w+)\s*=(?!=)", _QUOTED.sub("", line))
        if assigned:
            key = assigned[-1].lower()
        if not any([word in key for word in ("requi", "depend", "extras", "install")]):
            continue
        for quoted in _QUOTED.finditer(line):
            if line[quoted.end() : quoted.end() + 20].lstrip()[:1] != ":":
                found = requirement(quoted[1] or quoted[2])
                if found is not None:
                    yield *found, number


def setup_cfg(text: str) -> Iterator[Found]:
    """setup.cfg: the lines of install_requires and of options.extras_require."""
    section, key = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        head = _SECTION.match(line)
        if head is not None:
            section, key = head[1].strip(), ""
            continue
        pair = _KEY.match(line) if line[:1].strip() else None
        if pair is not None:
            key, line = pair[1], pair[2]
        if "require" in key or "require" in section:
            found = requirement(line.rstrip("\r"))
            if found is not None:
                yield *found, number


def conda(text: str) -> Iterator[Found]:
    """environment.yml: its dependencies, those of pip included."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1].strip() and not line.startswith(("-", "#")):
            inside = line.startswith("dependencies:")
        elif inside:
            found = _CONDA.match(line)
            if found is not None and normal(found[1]) in PACKAGES:
                spec = re.sub(r"\s+", "", found[2] or "")
                if re.match(r"=[^=]", spec) or spec[:1].isdigit():
                    # conda: name=version=build
                    spec = "==" + spec.lstrip("=").split("=")[0]
                yield normal(found[1]), spec, number


def lock(text: str) -> Iterator[Found]:
    """poetry.lock, uv.lock, pdm.lock, pylock.toml, conda-lock.yml: a name and, next to it, a version."""
    waiting: tuple[str, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        name = re.match(rf"\s*-?\s*name\s*[:=]\s*[\"']?({_NAME})[\"']?\s*$", line.rstrip("\r"))
        if name is not None:
            if waiting is not None:
                yield waiting[0], "", waiting[1]
            waiting = (normal(name[1]), number) if normal(name[1]) in PACKAGES else None
        elif waiting is not None:
            version = _VERSION.match(line.lstrip())
            if version is not None or number > waiting[1] + 3:
                yield waiting[0], f"=={version[1]}" if version else "", waiting[1]
                waiting = None
    if waiting is not None:
        yield waiting[0], "", waiting[1]


def pipfile_lock(text: str) -> Iterator[Found]:
    """Pipfile.lock, without reading it as JSON: a package opens an object, its version stands inside."""
    waiting: tuple[str, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        name = re.match(rf"\s*\"({_NAME})\"\s*:\s*{{", line)
        if name is not None:
            waiting = (normal(name[1]), number) if normal(name[1]) in PACKAGES else None
        elif waiting is not None:
            version = _VERSION.match(line.lstrip())
            if version is not None:
                yield waiting[0], f"=={version[1]}", waiting[1]
                waiting = None


def install(text: str) -> Iterator[Found]:
    """`pip install ...` and the like in shell scripts, Dockerfiles and workflows; lines joined at a backslash."""
    going = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        match = _INSTALL.search(line[:5000])
        words = match[1] if match is not None else line[:5000] if going else ""
        going = bool(words or match) and line.rstrip().endswith("\\")
        words = re.split(r"&&|\|\||;|\s#", words)[0]
        for word in words.rstrip("\\").split():
            word = word.strip("\"'")
            if not word.startswith("-"):
                single = re.sub(r"^([\w.-]+)=([^=].*)$", r"\1==\2", word)
                found = requirement(single)
                if found is not None:
                    yield *found, number


def images(text: str) -> Iterator[Found]:
    """Base images of a Dockerfile and images of a composition, with their tag as the specification."""
    for number, line in enumerate(text.split("\n"), 1):
        base = _FROM.match(line[:500])
        for pattern, (_, package) in IMAGES.items() if base is not None else ():
            if base is not None and re.search(pattern, base[1]):
                tag = base[1].partition("@")[0].rpartition("/")[2].partition(":")[2]
                yield package, tag, number
                break


def reader(name: str) -> tuple[str, Callable[[str], Iterator[Found]]] | None:
    """(kind, reader) for a file of this name; None for others."""
    low = name.lower()
    if low in ("pyproject.toml", "pipfile"):
        return "project", toml
    if low == "setup.py":
        return "project", setup
    if low == "setup.cfg":
        return "project", setup_cfg
    if low in ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "conda-lock.yml", "conda-lock.yaml"):
        return "lock", lock
    if low == "pipfile.lock":
        return "lock", pipfile_lock
    if low.endswith((".txt", ".in", ".pip")) and re.search(r"require|constraint|depend", low):
        return "requirements", plain
    if low.endswith((".yml", ".yaml")) and re.search(r"env|conda|meta", low):
        return "conda", conda
    return None
