"""Intel GPUs on Linux. 1. the PCI bus; 2. the driver i915 or xe and its render node; 3. the Level Zero library;
4. xpu-smi for names and memory, unless the GPU is of a generation before Arc.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from probes.hardware import pci
from probes.hardware.access import writable
from probes.hardware.loose_json import mapping, number, parse, text
from probes.reader import Reader
from probes.record import Found, accelerator, clean, whole

VENDOR = 0x8086
GPUS_LIMIT = 64
DRIVERS = ("i915", "xe")

# Which code names PyTorch's XPU build was validated on (docs.pytorch.org/docs/2.15/notes/get_start_xpu.html): Data Center
# GPU Max (Ponte Vecchio), Arc A (Alchemist), Arc B (Battlemage), Core Ultra with Arc graphics (Meteor Lake-H, Arrow
# Lake-H, Lunar Lake, Panther Lake). Ids: Linux 0755a4e3e809, include/drm/intel/pciids.h; which of them have "Arc" or "Max"
# in their name: pci.ids of 2026-08-22. 0be0 to 0be5 are left out: Max in the one, an old Atom in the other.
# fmt: off
XPU: dict[str, tuple[int, ...]] = {
    "ponte_vecchio": (
        0x0B69, 0x0B6E, 0x0BD4, 0x0BD5, 0x0BD6, 0x0BD7, 0x0BD8, 0x0BD9, 0x0BDA, 0x0BDB,
    ),
    "alchemist": (
        0x5690, 0x5691, 0x5692, 0x5693, 0x5694, 0x5696, 0x5697,
        0x56A0, 0x56A1, 0x56A2, 0x56A3, 0x56A4, 0x56A5, 0x56A6,
        0x56B0, 0x56B1, 0x56B2, 0x56B3, 0x56BA, 0x56BB, 0x56BC, 0x56BD, 0x56BE, 0x56BF,
    ),
    "battlemage": (
        0xE202, 0xE209, 0xE20B, 0xE20C, 0xE20D, 0xE210, 0xE211, 0xE212, 0xE216, 0xE220, 0xE221, 0xE222, 0xE223,
    ),
    "meteor_lake_h": (0x7D55,),
    "arrow_lake_h": (0x7D51,),
    "lunar_lake": (0x64A0,),
    "panther_lake": (0xB080, 0xB081, 0xB082, 0xB083, 0xB084, 0xB085, 0xB086, 0xB087),
}
# The same sources: Core Ultra without "Arc" in the name, Data Center GPU Flex and what came out later.
UNLISTED: dict[str, tuple[int, ...]] = {
    "alchemist": (0x5695,),
    "flex": (0x56C0, 0x56C1, 0x56C2),
    "meteor_lake": (0x7D40, 0x7D45, 0x7D60, 0x7DD5),
    "arrow_lake": (0x7D41, 0x7D67, 0x7DD1, 0xB640),
    "lunar_lake": (0x6420, 0x64B0),
    "panther_lake": (0xB08F, 0xB090, 0xB0A0, 0xB0B0),
}
# High bytes of the ids of every generation before (HD, UHD, Iris, Iris Xe, DG1), from the same header.
BEFORE = frozenset((
    0x00, 0x01, 0x04, 0x0A, 0x0C, 0x0D, 0x0F, 0x16, 0x19, 0x1A, 0x22, 0x25, 0x27, 0x29, 0x2A, 0x2E, 0x31, 0x3E, 0x45,
    0x46, 0x49, 0x4C, 0x4E, 0x59, 0x5A, 0x87, 0x8A, 0x9A, 0x9B, 0xA0, 0xA7,
))
# fmt: on
DISCRETE = frozenset(("ponte_vecchio", "alchemist", "battlemage", "flex", "dg1"))
LEVEL_ZERO = "libze_intel_gpu.so.1"
LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib")


class Kind(NamedTuple):
    """What a device id says of an Intel GPU."""

    arch: str | None
    """Code name, such as alchemist; None for older generations and unknown ids."""
    xpu: bool | None
    """Whether it belongs to those PyTorch's XPU build was validated on; None when that is not known."""
    integrated: bool | None


class Gpu(NamedTuple):
    """A GPU in the output of xpu-smi; None where it says nothing."""

    number: int | None
    """Its number in xpu-smi's options."""
    address: str | None
    model: str | None
    device_id: int | None
    memory_mib: int | None


def kind(device_id: int | None) -> Kind:
    """What is known of a device id of vendor 8086, class display."""
    for table, xpu in ((XPU, True), (UNLISTED, None)):
        for arch, ids in table.items():
            if device_id in ids:
                return Kind(arch, xpu, arch not in DISCRETE)
    if device_id is not None and device_id >> 8 in BEFORE:
        dg1 = device_id >> 8 == 0x49
        return Kind("dg1" if dg1 else None, False, not dg1)
    return Kind(None, None, None)


def parse_xpu_smi(output: str) -> list[Gpu]:
    """GPUs in `xpu-smi discovery -j`, or the one in `xpu-smi discovery -d 0 -j`."""
    data = mapping(parse(output))
    rows = data.get("device_list", [data] if "device_name" in data else [])
    found = []
    for row in (rows if isinstance(rows, list) else [])[:GPUS_LIMIT]:
        row = mapping(row)
        if not ("device_name" in row or "pci_bdf_address" in row):
            continue
        index = row.get("device_id")
        name = clean(text(row.get("device_name")))
        found.append(
            Gpu(
                number=index if isinstance(index, int) and 0 <= index < 1000 else None,
                address=pci.address(text(row.get("pci_bdf_address")) or ""),
                # Intel(R) Graphics [0xe211]
                model=None if name is None or re.search(r"\[0x[0-9a-fA-F]{4}\]$", name) else name,
                device_id=number(row.get("pci_device_id")),
                memory_mib=(number(row.get("memory_physical_size_byte")) or 0) >> 20 or None,
            )
        )
    return found


def _ask_tool(reader: Reader, wanted: set[str], found: Found) -> dict[str, Gpu]:
    """What xpu-smi says, by address; the memory of the addresses in `wanted` costs one more call each."""
    done = reader.run(["xpu-smi", "discovery", "-j"])
    if done.error == "not found":
        return {}
    said = {gpu.address: gpu for gpu in parse_xpu_smi(done.stdout) if gpu.address is not None}
    if not said:
        why = done.error or f"exit status {done.returncode}"
        found.note("intel", "info", f"xpu-smi is installed but lists no GPU ({why})")
    for address, gpu in list(said.items())[:8]:
        if address in wanted and gpu.memory_mib is None and gpu.number is not None:
            done = reader.run(["xpu-smi", "discovery", "-d", str(gpu.number), "-j"])
            if not done.ok:
                break
            for more in parse_xpu_smi(done.stdout)[:1]:
                if more.address in (None, address):
                    said[address] = gpu._replace(memory_mib=more.memory_mib)
    return said


def _card_memory(reader: Reader, address: str) -> int | None:
    """Memory of a card in MiB; None where its driver does not tell."""
    folder = f"{pci.SYSFS}/{address}"
    tiles = [name for name in reader.names(folder) if re.fullmatch(r"tile\d", name)]
    size = sum(whole(reader.line(f"{folder}/{name}/physical_vram_size_bytes")) or 0 for name in tiles)
    for name in reader.names(f"{folder}/drm"):
        if not size and re.fullmatch(r"card\d{1,4}", name):
            size = whole(reader.line(f"{folder}/drm/{name}/lmem_total_bytes")) or 0
    return size >> 20 or None


def _usable(reader: Reader, device: pci.Device) -> tuple[bool | None, str | None]:
    """Whether a compute program may use a GPU, and why not."""
    folder = f"{pci.SYSFS}/{device.address}"
    if device.driver is None:
        if reader.exists(folder):
            return False, "no kernel driver is bound to it"
        return None, "its kernel driver is not known"
    if device.driver not in DRIVERS:
        return False, f"the kernel driver is {device.driver[:40]}, not i915 or xe"
    nodes = [name for name in reader.names(f"{folder}/drm") if re.fullmatch(r"renderD\d{1,4}", name)]
    if not nodes:
        return None, "its render node is not known"
    node = f"/dev/dri/{nodes[0]}"
    if not reader.exists(node):
        return False, f"{node} is missing: was the container started without it?"
    allowed = writable(reader, node)
    if allowed is False:
        return False, f"no permission for {node}"
    if not any(reader.exists(f"{folder}/{LEVEL_ZERO}") for folder in LIBRARIES):
        return None, f"the Level Zero driver ({LEVEL_ZERO}) is not in the usual folders"
    return (True, None) if allowed else (None, f"whether {node} may be opened is not known")


def detect(reader: Reader) -> Found:
    """Intel GPUs by PCI address, with `xpu` where the generation is known."""
    found = Found()
    if reader.platform != "linux":
        return found
    devices = [gpu for gpu in pci.devices(reader) if gpu.vendor == VENDOR and gpu.is_display][:GPUS_LIMIT]
    kinds = {gpu.address: kind(gpu.device) for gpu in devices}
    said: dict[str, Gpu] = {}
    memory = {gpu.address: _card_memory(reader, gpu.address) for gpu in devices}
    if any(each.xpu is not False for each in kinds.values()):
        said = _ask_tool(
            reader, {a for a, each in kinds.items() if each.integrated is False and memory[a] is None}, found
        )
    for gpu in devices:
        known, told = kinds[gpu.address], said.get(gpu.address)
        more: dict[str, Any] = {"arch": known.arch, "xpu": known.xpu}
        if gpu.device is not None:
            more["pci_id"] = f"8086:{gpu.device & 0xFFFF:04x}"
        own = memory[gpu.address] or (told.memory_mib if told is not None else None)
        usable, why_not = _usable(reader, gpu)
        found.accelerators.append(
            accelerator(
                "intel",
                "gpu",
                model=told.model if told is not None else None,
                address=gpu.address,
                memory_mib=None if known.integrated else own,
                unified_memory=known.integrated,
                driver=gpu.driver,
                usable=usable,
                why_not=why_not,
                **{name: value for name, value in more.items() if value is not None},
            )
        )
    _conclude(found)
    return found


def _conclude(found: Found) -> None:
    """Facts, and advice. A GPU that cannot run XPU programs is no reason to name Intel as the vendor of "the" GPU."""
    if found.accelerators:
        answers = {gpu.get("xpu") for gpu in found.accelerators}
        if answers != {None}:
            found.facts["intel.xpu"] = True if True in answers else None if None in answers else False
    ranked = sorted(
        (gpu for gpu in found.accelerators if gpu.get("xpu")),
        key=lambda gpu: (gpu["usable"] is False, gpu["unified_memory"] is True, -(gpu["memory_mib"] or 0)),
    )
    if ranked:
        best = ranked[0]
        facts = {
            "gpu.vendor": "intel",
            "gpu.memory_mib": best["memory_mib"],
            "gpu.unified_memory": best["unified_memory"],
            "intel.arch": best.get("arch"),
        }
        found.facts.update({name: value for name, value in facts.items() if value is not None})
    found.facts = {name: value for name, value in found.facts.items() if value is not None}
    if any("permission" in (gpu["why_not"] or "") for gpu in found.accelerators):
        found.note(
            "intel",
            "warning",
            "an Intel GPU is there but this user may not open it",
            "add the user to the group render, then log in again",
        )
