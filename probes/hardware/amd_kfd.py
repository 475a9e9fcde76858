"""KFD's topology: the AMD GPUs, and partitions of GPUs, that compute programs see on Linux."""

from __future__ import annotations

from typing import NamedTuple

from probes.hardware.amd_tools import gfx_of_version, mib
from probes.reader import Reader
from probes.record import whole

VENDOR = 0x1002
FOLDER = "/sys/class/kfd/kfd/topology/nodes"
NODES_LIMIT = 512


class Node(NamedTuple):
    """A GPU, or one partition of a GPU, in KFD's topology."""

    gfx: str | None
    address: str | None
    """None when the kernel does not give the PCI domain; then `slot` still has the rest, such as 19:00.0."""
    slot: str | None
    partition: int
    device_id: int | None
    render_minor: int | None
    memory_mib: int | None
    """Memory local to this node; None where the kernel gives 0 here (then its memory banks tell)."""
    with_cpu: bool
    """Whether CPU cores are on the same node: an APU."""


def parse_properties(text: str) -> dict[str, int]:
    """The `name value` lines of a KFD file; numbers of more than 18 digits, such as unique ids, are left out."""
    found = {}
    for line in text[:65536].splitlines()[:500]:
        # gfx_target_version 90010
        name, _, value = line[:120].partition(" ")
        number = whole(value)
        if number is not None and not value.strip().lower().startswith("0x"):
            found[name] = number
    return found


def parse_node(text: str) -> Node | None:
    """The `properties` of a topology node; None for a CPU node."""
    values = parse_properties(text)
    if not values.get("simd_count") or values.get("vendor_id", VENDOR) != VENDOR:
        return None
    location, domain = values.get("location_id"), values.get("domain")
    slot = None
    if location is not None and location & 0xFFFF:
        # Bus, device and function; the top four bits count the partitions of one card.
        slot = f"{location >> 8 & 0xFF:02x}:{location >> 3 & 0x1F:02x}.{location & 7}"
    known = slot is not None and domain is not None and domain <= 0xFFFFFFFF
    return Node(
        gfx_of_version(values.get("gfx_target_version")),
        f"{domain:04x}:{slot}" if known else None,
        slot,
        (location or 0) >> 28 & 0xF,
        values.get("device_id") or None,
        values.get("drm_render_minor") or None,
        mib(values.get("local_mem_size") or None),
        bool(values.get("cpu_cores_count")),
    )


def kfd_nodes(reader: Reader) -> list[Node]:
    """GPUs and partitions that compute programs see."""
    found = []
    for name in reader.names(FOLDER)[:NODES_LIMIT]:
        node = parse_node(reader.text(f"{FOLDER}/{name}/properties") or "") if name.isdecimal() else None
        if node is None:
            continue
        if node.memory_mib is None:
            node = node._replace(memory_mib=_bank_memory(reader, f"{FOLDER}/{name}/mem_banks"))
        found.append(node)
    return found


def _bank_memory(reader: Reader, folder: str) -> int | None:
    size = 0
    for name in reader.names(folder)[:16]:
        bank = parse_properties(reader.text(f"{folder}/{name}/properties") or "")
        # 1 and 2: frame buffer, visible to the host or not; 0 would be system memory.
        if bank.get("heap_type") in (1, 2):
            size += bank.get("size_in_bytes", 0)
    return mib(size)
