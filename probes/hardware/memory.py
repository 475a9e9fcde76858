"""Main memory: all of it, and what this process may use.

Order: /proc/meminfo, `sysctl hw.memsize`, GlobalMemoryStatusEx; then the limits of the control groups.
"""

from __future__ import annotations

from probes.hardware import cgroup
from probes.process import parse_told
from probes.reader import PROCESS, Reader
from probes.record import Found, whole

SYSCTL = ("/usr/sbin/sysctl", "-n", "hw.memsize")
LIMIT = 1 << 56
"""Bytes that no machine has; a larger number is not believed."""


def parse_meminfo(text: str) -> int | None:
    """Total memory in bytes; None when it is not said."""
    for line in text[: 1 << 16].splitlines():
        # MemTotal:       24684084 kB
        name, colon, value = line.partition(":")
        if colon and name == "MemTotal":
            number, _, unit = value.strip().partition(" ")
            size = whole(number)
            return _sure(size * 1024) if size is not None and unit.strip() == "kB" else None
    return None


def _sure(size: int | None) -> int | None:
    return size if size is not None and 0 < size < LIMIT else None


def _total(reader: Reader) -> int | None:
    if reader.platform == "darwin":
        done = reader.run(SYSCTL)
        return _sure(whole(done.stdout)) if done.ok else None
    if reader.platform == "windows":
        size = parse_told(reader.run(PROCESS).stdout).get("memory_bytes")
        return _sure(size) if type(size) is int else None
    return parse_meminfo(reader.text("/proc/meminfo") or "")


def detect(reader: Reader) -> Found:
    """`memory_mib` and `memory_usable_mib`, rounded down; the fact `memory_mib` is what is usable."""
    found = Found()
    total = _total(reader)
    limit = cgroup.memory_limit(reader) if reader.platform == "linux" else None
    usable = min((size for size in (total, limit) if size is not None), default=None)
    if total is not None:
        found.machine["memory_mib"] = total >> 20
    if usable is not None:
        found.machine["memory_usable_mib"] = found.facts["memory_mib"] = usable >> 20
    if total is not None and usable is not None and usable < total:
        message = f"a control group limits memory to {usable >> 20} of {total >> 20} MiB"
        found.note("memory", "info", message)
    return found
