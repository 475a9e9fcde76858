"""What the operating system tells this very process: the questions that no file and no program answers as well."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

WINDOWS_FEATURES = {
    "neon": 19,
    "sse4_2": 38,
    "avx": 39,
    "avx2": 40,
    "avx512f": 41,
    "asimddp": 43,
    "sve": 46,
}
"""Numbers of `IsProcessorFeaturePresent` (PF_... in winnt.h), under the names that Linux gives the features."""


def told() -> str:
    """A JSON object; a key is null or absent where the system has no answer. No names of people or hosts in it.

    python, implementation, bits (of a pointer), machine (as seen by this process), libc, cpus (usable by this process),
    cpus_total; on Windows also memory_bytes, version, features, microarchitecture.
    """
    version = sys.version_info
    answer: dict[str, Any] = {
        "python": f"{version[0]}.{version[1]}.{version[2]}",
        "implementation": sys.implementation.name,
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "machine": os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE"),
        "libc": _libc(),
        "cpus": _cpus(),
        "cpus_total": os.cpu_count(),
    }
    if os.name == "nt":
        try:
            answer.update(_windows())
        except (OSError, AttributeError):
            # An older system lacks a function; the rest is still known.
            pass
    return json.dumps(answer)


def parse_told(text: str) -> dict[str, Any]:
    """The object that `told` wrote; empty for anything else."""
    try:
        answer = json.loads(text[:100_000])
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _libc() -> str | None:
    """`glibc 2.36`; None where the C library does not name itself, as musl does not."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def _cpus() -> int | None:
    count: Callable[[], int | None] | None = getattr(os, "process_cpu_count", None)
    if count is not None:
        return count()
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else None


def _windows() -> dict[str, Any]:
    import ctypes

    class Memory(ctypes.Structure):
        """MEMORYSTATUSEX."""

        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong) for name in ("total", "free", "pages", "b", "c", "d", "e")
        ]

    # Checked on another system, these modules lack what is used here.
    windows: Any = ctypes
    system: Any = sys
    kernel = windows.windll.kernel32
    memory = Memory()
    memory.length = ctypes.sizeof(Memory)
    known = kernel.GlobalMemoryStatusEx(ctypes.byref(memory))
    version = system.getwindowsversion()
    return {
        "memory_bytes": memory.total if known else None,
        "version": f"{version.major}.{version.minor}.{version.build}",
        "features": [
            name for name, number in WINDOWS_FEATURES.items() if kernel.IsProcessorFeaturePresent(number)
        ],
        "microarchitecture": _archspec(),
    }


def _archspec() -> str | None:
    """Name of the microarchitecture by the CPUID instruction; None without archspec in this interpreter."""
    try:
        library: Any = importlib.import_module("archspec.cpu")
        return str(library.host().name)
    except Exception:
        return None
