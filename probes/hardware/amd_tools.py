"""What amd-smi, rocm-smi and amdgpu_top print, as `Card` records; and the names of AMD's architectures (gfx90a)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from probes.hardware import pci
from probes.hardware.loose_json import mapping, number, parse, text
from probes.record import clean

CARDS_LIMIT = 64

# Type column ("APU" or "dGPU") of the processor table in https://llvm.org/docs/AMDGPUUsage.html. gfx942 is in neither
# set: it is both the MI300X and the MI300A.
# fmt: off
INTEGRATED = frozenset((
    "gfx902", "gfx909", "gfx90c", "gfx1013", "gfx1033", "gfx1035", "gfx1036", "gfx1103",
    "gfx1150", "gfx1151", "gfx1152", "gfx1153",
))
DISCRETE = frozenset((
    "gfx803", "gfx900", "gfx904", "gfx906", "gfx908", "gfx90a", "gfx950", "gfx1010",
    "gfx1011", "gfx1012", "gfx1030", "gfx1031", "gfx1032", "gfx1034", "gfx1100", "gfx1101",
    "gfx1102", "gfx1200", "gfx1201",
))
# fmt: on


class Card(NamedTuple):
    """One card as a tool or the system describes it; None where it says nothing."""

    address: str | None = None
    model: str | None = None
    device_id: int | None = None
    gfx: str | None = None
    memory_mib: int | None = None
    """Memory of the card itself; on an integrated GPU the part of the system's memory that the firmware set aside."""
    gtt_mib: int | None = None
    """System memory that the GPU may map besides."""
    integrated: bool | None = None
    driver_version: str | None = None


def gfx_of_version(version: int | None) -> str | None:
    """The architecture of KFD's `gfx_target_version`: 90010 is gfx90a. None for 0 and for what is no version."""
    if version is None or not 0 < version < 1_000_000:
        return None
    major, minor, step = version // 10000, version // 100 % 100, version % 100
    return f"gfx{major}{minor:x}{step:x}" if major and minor < 16 and step < 16 else None


def gfx_of_name(name: str | None) -> str | None:
    """The architecture in a tool's spelling: gfx90a, `gfx90a:sramecc+:xnack-`, or gfx9010 of an old rocm-smi."""
    found = re.fullmatch(r"gfx([0-9a-f]{3,5})(?::[a-z+:-]{0,60})?", (name or "")[:80].strip().lower())
    if found is None:
        return None
    digits = found[1]
    # Old rocm-smi leaves the stepping in decimal: 9.0.10 becomes 9010, 9.0.6 becomes 9006.
    old = re.fullmatch(r"([789])(\d)([01]\d)", digits)
    if old is not None:
        return gfx_of_version(int(old[1]) * 10000 + int(old[2]) * 100 + int(old[3]))
    return "gfx" + digits


def integrated(gfx: str | None) -> bool | None:
    """Whether GPUs of that architecture share the system's memory; None when there are both kinds or it is not known."""
    return True if gfx in INTEGRATED else False if gfx in DISCRETE else None


def mib(size: int | None) -> int | None:
    """Bytes as MiB; None for nothing."""
    return (size >> 20 or None) if size is not None else None


def _name(value: Any) -> str | None:
    """A model's name: not an id such as "0x1002", which old tools print in its place."""
    name = clean(text(value))
    return None if name is None or re.fullmatch(r"0x[0-9a-fA-F]{1,16}", name) else name


def _version(value: Any) -> str | None:
    """A version of digits and dots; None for anything longer, such as a kernel's build line with its builder's name."""
    found = re.fullmatch(r"\d{1,5}(?:\.\d{1,5}){1,4}", (text(value) or "")[:40].strip())
    return found[0] if found is not None else None


def _size_mib(value: Any) -> int | None:
    """A size of amd-smi in MiB: {"value": 65520, "unit": "MB"}, 65520 or "65520 MB". Its MB are MiB."""
    unit = "MB"
    if isinstance(value, dict):
        unit = (text(value.get("unit")) or unit).strip()[:8]
        value = value.get("value")
    elif isinstance(value, str):
        # 65520 MB
        parts = value[:40].split()
        value, unit = (parts[0] if parts else None), parts[1] if len(parts) > 1 else unit
    amount = number(value)
    unit = unit.upper().replace("IB", "B")
    if amount is None or unit not in ("B", "KB", "MB", "GB"):
        return None
    return mib(amount << {"B": 0, "KB": 10, "MB": 20, "GB": 30}[unit])


def parse_amd_smi(output: str) -> list[Card]:
    """Cards in `amd-smi static --json`: a list, or an object with the list under `gpu_data`."""
    data = parse(output)
    rows = data.get("gpu_data") if isinstance(data, dict) else data
    if isinstance(data, dict) and isinstance(rows, dict):
        rows = [rows]
    elif isinstance(data, dict) and "asic" in data:
        rows = [data]
    found = []
    for row in (rows if isinstance(rows, list) else [])[:CARDS_LIMIT]:
        asic, vram, bus = (mapping(mapping(row).get(name)) for name in ("asic", "vram", "bus"))
        if not (asic or vram or bus):
            continue
        sizes = (_size_mib(vram.get(name)) for name in ("size", "size_mb", "vram_size_mb", "vram_size"))
        found.append(
            Card(
                address=pci.address(text(bus.get("bdf")) or ""),
                model=_name(asic.get("market_name")),
                device_id=number(asic.get("device_id")),
                gfx=gfx_of_name(text(asic.get("target_graphics_version"))),
                memory_mib=next((size for size in sizes if size is not None), None),
                driver_version=_version(mapping(mapping(row).get("driver")).get("version")),
            )
        )
    return found


def parse_rocm_smi(output: str) -> list[Card]:
    """Cards in `rocm-smi --showproductname --showmeminfo vram --showid --showbus --json`, of ROCm 3 to 7."""
    data = mapping(parse(output))
    driver = _version(mapping(data.get("system")).get("Driver version"))
    found = []
    for key, row in list(data.items())[: 2 * CARDS_LIMIT]:
        if re.fullmatch(r"card\d{1,4}", key) is None or not isinstance(row, dict):
            continue
        # "Card Model" is the device; "Card model" of older versions is the subsystem and says nothing about the chip.
        ids = (number(row.get(name)) for name in ("Device ID", "GPU ID", "Card Model"))
        names = (_name(row.get(name)) for name in ("Device Name", "Card Series", "Card series"))
        found.append(
            Card(
                address=pci.address(text(row.get("PCI Bus")) or ""),
                model=next((name for name in names if name is not None), None),
                device_id=next((known for known in ids if known is not None), None),
                gfx=gfx_of_name(text(row.get("GFX Version"))),
                memory_mib=mib(number(row.get("VRAM Total Memory (B)"))),
                driver_version=driver,
            )
        )
    return found[:CARDS_LIMIT]


def parse_amdgpu_top(output: str) -> list[Card]:
    """Cards in `amdgpu_top -d -J`."""
    data = parse(output)
    found = []
    for row in (data if isinstance(data, list) else [data])[:CARDS_LIMIT]:
        row = mapping(row)
        if not ("DeviceName" in row or "DeviceID" in row):
            continue
        memory = mapping(row.get("VRAM"))
        found.append(
            Card(
                address=pci.address(text(row.get("PCI")) or ""),
                model=_name(row.get("DeviceName")),
                device_id=number(row.get("DeviceID")),
                gfx=gfx_of_name(text(row.get("gfx_target_version"))),
                memory_mib=mib(number(row.get("VRAM Size"))) or _size_mib(memory.get("Total VRAM")),
                gtt_mib=mib(number(row.get("GTT Size"))) or _size_mib(memory.get("Total GTT")),
                integrated={"APU": True, "dGPU": False}.get(text(row.get("GPU Type")) or ""),
            )
        )
    return found
