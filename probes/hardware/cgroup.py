"""Limits of the control group of this process and of every group above it, versions 1 and 2.

A process sees its group's path in /proc/self/cgroup, and in /proc/self/mountinfo which part of the tree is mounted where.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from probes.reader import Reader
from probes.record import whole

ROOT = "/sys/fs/cgroup"
DEPTH_LIMIT = 32
NO_LIMIT = 1 << 60
"""Bytes from which on a limit is none: version 1 prints the largest multiple of a page below 2 ** 63."""


class Mount(NamedTuple):
    """A mounted tree of groups. `controllers` is empty for version 2; `root` is the group at `point`."""

    point: str
    root: str
    controllers: frozenset[str]


def parse_own(text: str) -> dict[str, str]:
    """Controller -> path of the group; "" stands for version 2."""
    found: dict[str, str] = {}
    for line in text[: 1 << 16].splitlines()[:64]:
        # 4:cpu,cpuacct:/docker/3ccfa0   and   0::/user.slice/user-1000.slice/session-520.scope
        parts = line.split(":", 2)
        if len(parts) == 3 and parts[2].startswith("/"):
            for controller in parts[1].split(",")[:16]:
                found.setdefault(controller, parts[2])
    return found


def parse_mounts(text: str) -> list[Mount]:
    """Control group file systems in a mountinfo file."""
    found = []
    for line in text[: 1 << 22].splitlines()[:4096]:
        # 35 31 0:32 /docker/3fc9 /sys/fs/cgroup/memory ro,relatime shared:4 - cgroup cgroup rw,memory
        before, dash, after = line.partition(" - ")
        fields, kind = before.split(" ", 5), after.split(" ", 2)
        if not dash or len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        names = frozenset(kind[2].split(",")) if kind[0] == "cgroup" else frozenset()
        if kind[0] == "cgroup2" or names:
            found.append(Mount(fields[4], fields[3], names))
    return found


def parse_bytes(text: str | None) -> int | None:
    """A memory limit in bytes; None for `max`, a sentinel, zero and anything that is no number."""
    number = whole(text)
    return number if number is not None and 0 < number < NO_LIMIT else None


def parse_hierarchical(text: str) -> int | None:
    """The smallest limit of the group and all above it, in bytes, from memory.stat of version 1; None when there is none."""
    for line in text[: 1 << 16].splitlines():
        # hierarchical_memory_limit 9223372036854771712
        name, _, value = line.partition(" ")
        if name == "hierarchical_memory_limit":
            return parse_bytes(value)
    return None


def parse_quota(quota: str | None, period: str | None) -> float | None:
    """Processors that a quota amounts to; None for `max`, -1 and anything that is no number."""
    share, span = whole(quota), whole(period)
    return share / span if share and span else None


def folders(reader: Reader, controller: str) -> Iterator[tuple[str, bool]]:
    """Folders of the own group and of those above it as far as they are mounted; and whether it is version 2."""
    own = parse_own(reader.text("/proc/self/cgroup") or "")
    mounts = parse_mounts(reader.text("/proc/self/mountinfo") or "") or [
        Mount(ROOT, "/", frozenset()),
        Mount(f"{ROOT}/unified", "/", frozenset()),
        Mount(f"{ROOT}/{controller}", "/", frozenset([controller])),
    ]
    for mount in mounts:
        name = controller if mount.controllers else ""
        if name not in own or (mount.controllers and controller not in mount.controllers):
            continue
        path, root = own[name].strip("/").split("/"), mount.root.strip("/").split("/")
        root = root if root != [""] else []
        steps = path[len(root) :][:DEPTH_LIMIT]
        if path[: len(root)] != root or ".." in steps or steps == [""]:
            # The mounted part itself, or a group outside it, of which nothing but that part can be asked.
            steps = []
        for depth in range(len(steps), -1, -1):
            yield "/".join([mount.point.rstrip("/"), *steps[:depth]]), not mount.controllers


def memory_limit(reader: Reader) -> int | None:
    """The smallest memory limit in bytes; None when there is none or it cannot be seen."""
    limits = []
    for folder, second in folders(reader, "memory"):
        if second:
            limits.append(parse_bytes(reader.line(f"{folder}/memory.max")))
        else:
            limits.append(parse_bytes(reader.line(f"{folder}/memory.limit_in_bytes")))
            limits.append(parse_hierarchical(reader.text(f"{folder}/memory.stat") or ""))
    return min((limit for limit in limits if limit is not None), default=None)


def cpu_quota(reader: Reader) -> float | None:
    """Processors that the smallest quota amounts to; None when there is none or it cannot be seen."""
    quotas = []
    for folder, second in folders(reader, "cpu"):
        if second:
            # 600000 100000   and   max 100000
            share, _, span = (reader.line(f"{folder}/cpu.max") or "").partition(" ")
        else:
            share = reader.line(f"{folder}/cpu.cfs_quota_us") or ""
            span = reader.line(f"{folder}/cpu.cfs_period_us") or ""
        quotas.append(parse_quota(share, span))
    return min((quota for quota in quotas if quota is not None), default=None)
