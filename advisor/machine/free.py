"""Facts that cost nothing to read: no process is started, no device is touched."""

from __future__ import annotations

import os
import sys

from advisor.facts import Fact

_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows", "cygwin": "windows"}
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "i386": "x86", "i686": "x86", "aarch64": "arm64"}
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def free_facts() -> dict[str, Fact]:
    """`os`, `arch`, `python`, `container` and `wsl`, as far as they are known here.

    `arch` is what this process sees: under emulation that is the emulated one.
    """
    found: dict[str, Fact] = {}
    system = _SYSTEMS.get(sys.platform)
    if system is not None:
        found["os"] = Fact(system, "machine")
    release = machine = ""
    if hasattr(os, "uname"):
        kernel = os.uname()
        release, machine = kernel.release, kernel.machine
    else:
        machine = os.environ.get("PROCESSOR_ARCHITECTURE", "")
    if machine:
        name = machine.lower()
        found["arch"] = Fact(_ARCHITECTURES.get(name, name), "machine")
    found["python"] = Fact(f"{sys.version_info[0]}.{sys.version_info[1]}", "machine")
    if system == "linux":
        found["wsl"] = Fact("microsoft" in release.lower(), "machine")
        if any(os.path.exists(mark) for mark in _CONTAINER_MARKS):
            # The marks prove a container; their absence proves nothing.
            found["container"] = Fact(True, "machine")
    elif system is not None:
        found["wsl"] = Fact(False, "machine")
    return found
