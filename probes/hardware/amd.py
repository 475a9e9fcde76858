"""AMD GPUs on Linux. 1. the PCI bus; 2. KFD's topology (what compute programs see); 3. DRM (memory);
4. for names and what is still missing amd-smi, else rocm-smi, else amdgpu_top; 5. permissions of the device nodes.
"""

from __future__ import annotations

import re
from typing import Any

from probes.hardware import pci
from probes.hardware.access import writable
from probes.hardware.amd_kfd import Node, kfd_nodes
from probes.hardware.amd_tools import (
    CARDS_LIMIT,
    Card,
    integrated,
    mib,
    parse_amd_smi,
    parse_amdgpu_top,
    parse_rocm_smi,
)
from probes.reader import Reader
from probes.record import Found, accelerator, clean, whole

VENDOR = 0x1002
DRM = "/sys/class/drm"
ACCELERATOR_CLASS = 0x1200
TOOLS = (
    (["amd-smi", "static", "--json"], parse_amd_smi),
    (
        ["rocm-smi", "--showproductname", "--showid", "--showbus", "--showmeminfo", "vram", "--json"],
        parse_rocm_smi,
    ),
    (["amdgpu_top", "-d", "-J"], parse_amdgpu_top),
)
HIDING = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")


def parse_uevent(text: str) -> dict[str, str]:
    """The `NAME=value` lines of a uevent file."""
    rows = (line[:200].partition("=") for line in text[:65536].splitlines()[:200])
    return {name: value.strip() for name, equals, value in rows if equals}


def parse_rocm_version(text: str) -> str | None:
    """The version in `/opt/rocm/.info/version`, such as 6.4.1 of `6.4.1-83`."""
    found = re.match(r"\s{0,20}(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?![\d.])", text[:100])
    return found[1] if found is not None else None


def drm_cards(reader: Reader) -> dict[str, tuple[Card, str]]:
    """By PCI address: what the display driver says of a card, and its folder."""
    found = {}
    names = [name for name in reader.names(DRM) if re.fullmatch(r"card\d{1,4}", name)]
    for name in names[: 2 * CARDS_LIMIT]:
        folder = f"{DRM}/{name}/device"
        if whole(reader.line(f"{folder}/vendor")) != VENDOR:
            continue
        slot = parse_uevent(reader.text(f"{folder}/uevent") or "").get("PCI_SLOT_NAME")
        where = pci.address(slot or (reader.link(folder) or "").rsplit("/", 1)[-1])
        if where is not None:
            vram, gtt = (
                mib(whole(reader.line(f"{folder}/mem_info_{kind}_total"))) for kind in ("vram", "gtt")
            )
            device_id = whole(reader.line(f"{folder}/device"))
            found[where] = (
                Card(address=where, device_id=device_id, memory_mib=vram, gtt_mib=gtt),
                folder,
            )
    return found


def rocm_version(reader: Reader) -> str | None:
    """The version of the ROCm that is installed on the system; None when there is none in the usual places."""
    for folder in (reader.environ.get("ROCM_PATH", ""), "/opt/rocm"):
        if folder.startswith("/"):
            version = parse_rocm_version(reader.text(folder.rstrip("/") + "/.info/version") or "")
            if version is not None:
                return version
    return None


def _ask_tools(reader: Reader, found: Found) -> list[Card]:
    """What the first tool that is installed and answers says."""
    for argv, parse in TOOLS:
        done = reader.run(argv)
        if done.error == "not found" and reader.exists("/opt/rocm/bin/" + argv[0]):
            done = reader.run(["/opt/rocm/bin/" + argv[0], *argv[1:]])
        if done.error == "not found":
            continue
        cards = parse(done.stdout)
        if cards:
            return cards
        why = done.error or f"exit status {done.returncode}"
        found.note("amd", "info", f"{argv[0]} is installed but lists no GPU ({why})")
    return []


def _said(cards: list[Card], address: str | None, device_id: int | None) -> Card:
    """What a tool says of a device: by address, else what all cards without one and of the same model agree on."""
    same = [card for card in cards if address is not None and card.address == address] or [
        card for card in cards if card.address is None and card.device_id == device_id is not None
    ]
    agreed: dict[str, Any] = {}
    for field in Card._fields:
        values = {getattr(card, field) for card in same}
        agreed[field] = values.pop() if len(values) == 1 else None
    return Card(**agreed)


def _bound(reader: Reader, device: pci.Device | None, folder: str, listed: bool) -> str | None:
    """The kernel driver of a device; "" when it is sure that there is none, None when it is not known."""
    if device is not None and device.driver is not None:
        return device.driver
    told = clean(parse_uevent(reader.text(f"{folder}/uevent") or "").get("DRIVER"), 64) if folder else None
    if told or listed:
        return told or "amdgpu"
    return "" if device is not None and reader.exists(f"{pci.SYSFS}/{device.address}") else None


def _usable(
    reader: Reader, driver: str | None, nodes: list[Node], any_node: bool
) -> tuple[bool | None, str | None]:
    """Whether a compute program may use a card, and why not."""
    if driver == "":
        return False, "no kernel driver is bound to it"
    if driver not in (None, "amdgpu"):
        return False, f"the kernel driver {driver[:40] if driver else ''} has no compute interface"
    if not reader.exists("/dev/kfd"):
        return False, "/dev/kfd is missing: the amdgpu driver is not loaded, or the container has no access"
    if not nodes and any_node:
        return False, "the compute driver (KFD) does not list it"
    kfd = writable(reader, "/dev/kfd")
    if kfd is False:
        return False, "no permission for /dev/kfd"
    minors = [node.render_minor for node in nodes if node.render_minor is not None][:CARDS_LIMIT]
    answers: list[bool | None] = []
    for minor in minors:
        answers.append(writable(reader, f"/dev/dri/renderD{minor}"))
        if answers[-1] is not False:
            break
    if answers and answers[-1] is False:
        return False, f"no permission for /dev/dri/renderD{minors[0]}, or it is missing"
    if not nodes or kfd is None or None in answers:
        return None, "whether it may be opened is not known"
    return True, None


def detect(reader: Reader) -> Found:
    """AMD GPUs by PCI address; a card in several partitions is one device with `partitions`."""
    found = Found()
    if reader.platform != "linux":
        return found
    on_bus = {
        device.address: device
        for device in pci.devices(reader)
        if device.vendor == VENDOR and (device.is_display or device.klass == ACCELERATOR_CLASS)
    }
    drm = drm_cards(reader)
    nodes: dict[str | None, list[Node]] = {}
    for node in kfd_nodes(reader):
        where = node.address
        if where is None and node.slot is not None:
            fits = [known for known in {**on_bus, **drm} if known.endswith(":" + node.slot)]
            where = fits[0] if len(fits) == 1 else None
        nodes.setdefault(where, []).append(node)
    addresses: list[str | None] = [*sorted({*on_bus, *drm, *(known for known in nodes if known)})]
    if not addresses and not nodes and not reader.exists("/dev/kfd"):
        return found
    said = _ask_tools(reader, found)
    if not addresses and not nodes:
        addresses = [*dict.fromkeys(card.address for card in said if card.address is not None)]
    groups = [(known, nodes.get(known, [])) for known in addresses]
    groups += [(None, [node]) for node in nodes.get(None, [])]
    version = rocm_version(reader)
    for address, parts in groups[:CARDS_LIMIT]:
        card, folder = drm.get(address or "", (Card(), ""))
        device = on_bus.get(address or "")
        driver = _bound(reader, device, folder, bool(parts))
        record = _record(address, device, card, parts, said)
        usable, why_not = _usable(reader, driver, parts, bool(nodes))
        record.update(driver=driver or None, usable=usable, why_not=why_not)
        if version is not None:
            record["rocm"] = version
        found.accelerators.append(record)
    _conclude(reader, found)
    return found


def _record(
    address: str | None,
    device: pci.Device | None,
    card: Card,
    parts: list[Node],
    said: list[Card],
) -> dict[str, Any]:
    """Everything about one card but whether it is usable."""
    ids = (device and device.device, card.device_id, parts[0].device_id if parts else None)
    device_id = next((known for known in ids if known), None)
    told = _said(said, address, device_id)
    architectures = {node.gfx for node in parts if node.gfx is not None}
    gfx = architectures.pop() if len(architectures) == 1 else told.gfx
    unified = True if any(node.with_cpu for node in parts) else integrated(gfx)
    if unified is None:
        unified = told.integrated
    local = parts[0].memory_mib if len(parts) == 1 else None
    own = card.memory_mib or told.memory_mib
    more: dict[str, Any] = {"gfx": gfx, "driver_version": told.driver_version}
    if unified:
        # What the firmware set aside (often 512 MiB) is neither all that a program gets nor a limit.
        memory, more["carve_out_mib"], more["gtt_mib"] = local, own, card.gtt_mib or told.gtt_mib
    else:
        memory = own or local
    if len(parts) > 1:
        more["partitions"] = len(parts)
        shares = {node.memory_mib for node in parts}
        more["partition_memory_mib"] = shares.pop() if len(shares) == 1 else None
    if device_id is not None:
        more["pci_id"] = f"1002:{device_id & 0xFFFF:04x}"
    more = {name: value for name, value in more.items() if value is not None}
    return accelerator(
        "amd", "gpu", model=told.model, address=address, memory_mib=memory, unified_memory=unified, **more
    )


def _conclude(reader: Reader, found: Found) -> None:
    """Facts of the GPU that a program would take, and advice."""
    ranked = sorted(
        (gpu for gpu in found.accelerators if gpu["driver"] != "radeon"),
        key=lambda gpu: (gpu["usable"] is False, gpu["unified_memory"] is True, -(gpu["memory_mib"] or 0)),
    )
    if ranked:
        best = ranked[0]
        memory = best.get("partition_memory_mib") if "partitions" in best else best["memory_mib"]
        facts = {
            "gpu.vendor": "amd",
            "gpu.memory_mib": memory,
            "gpu.unified_memory": best["unified_memory"],
            "amd.gfx": best.get("gfx"),
            "rocm.version": best.get("rocm"),
        }
        found.facts.update({name: value for name, value in facts.items() if value is not None})
    if any("permission" in (gpu["why_not"] or "") for gpu in found.accelerators):
        found.note(
            "amd",
            "warning",
            "an AMD GPU is there but this user may not open it",
            "add the user to the groups render and video, then log in again",
        )
    for name in HIDING:
        if reader.environ.get(name):
            found.note("amd", "info", f"{name} is set: programs may see fewer GPUs than listed")
    if reader.environ.get("HSA_OVERRIDE_GFX_VERSION"):
        found.note(
            "amd", "info", "HSA_OVERRIDE_GFX_VERSION is set: ROCm takes the GPU for another architecture"
        )
