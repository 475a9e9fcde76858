"""The Python environments at hand: this one, the active ones, that of the folder, and what conda lists."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT = 16
CONDA_LIMIT_S = 5.0


def interpreters(folder: str = ".", environment: Mapping[str, str] | None = None) -> list[str]:
    """Paths of interpreters, this one first, each environment once, at most 16 of them."""
    found: dict[str, str] = {}
    for prefix, path in [(sys.prefix, sys.executable), *_elsewhere(folder, environment or os.environ)]:
        if path and len(found) < LIMIT:
            found.setdefault(os.path.realpath(prefix), path)
    return list(found.values())


def _elsewhere(folder: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    prefixes = [environment.get("VIRTUAL_ENV", ""), environment.get("CONDA_PREFIX", "")]
    prefixes += [os.path.join(folder, name) for name in (".venv", "venv")]
    prefixes += _conda(environment)
    for prefix in prefixes:
        path = python_of(prefix) if prefix else None
        if path is not None:
            yield prefix, path


def python_of(prefix: str) -> str | None:
    """The interpreter of an environment, or None when there is none that can be run."""
    for parts in (("bin", "python"), ("Scripts", "python.exe"), ("python.exe",)):
        path = os.path.join(prefix, *parts)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _conda(environment: Mapping[str, str]) -> list[str]:
    """Prefixes that conda, mamba or micromamba lists; none when they are absent or do not answer."""
    import json
    import shutil
    import subprocess

    program = (
        environment.get("CONDA_EXE")
        or shutil.which("conda")
        or shutil.which("mamba")
        or shutil.which("micromamba")
    )
    if not program:
        return []
    try:
        done = subprocess.run(
            [program, "env", "list", "--json"], capture_output=True, timeout=CONDA_LIMIT_S, check=False
        )
        listed = json.loads(done.stdout)["envs"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return []
    return [prefix for prefix in listed if isinstance(prefix, str)] if isinstance(listed, list) else []
