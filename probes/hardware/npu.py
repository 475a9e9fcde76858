"""NPUs of Intel and AMD processors on Linux.

1. PCI: by driver (intel_vpu, amdxdna), else by id. 2. `/sys/class/accel` and `/dev/accel`: the node of the device.
3. Whether this user may open it, and whether the vendor's library is there.
"""

from __future__ import annotations

import re
from typing import Any

from probes.hardware import access, pci
from probes.reader import Reader
from probes.record import Found, accelerator, whole

DRIVERS = {"intel_vpu": "intel", "amdxdna": "amd"}
# Linux drivers/accel/ivpu/ivpu_drv.h and drivers/accel/amdxdna/amdxdna_pci_drv.c. Other functions of class 0x1180 with
# AMD's vendor id are sensor hubs.
IDS = {
    (0x8086, 0x7D1D): "Intel NPU (Meteor Lake)",
    (0x8086, 0xAD1D): "Intel NPU (Arrow Lake)",
    (0x8086, 0x643E): "Intel NPU (Lunar Lake)",
    (0x8086, 0xB03E): "Intel NPU (Panther Lake)",
    (0x8086, 0xFD3E): "Intel NPU (Wildcat Lake)",
    (0x1022, 0x1502): "AMD XDNA NPU",
    (0x1022, 0x17F0): "AMD XDNA NPU",
}
VENDOR_IDS = {0x8086: "intel", 0x1022: "amd"}
NAMES = {"intel": "Intel NPU", "amd": "AMD XDNA NPU"}
DRIVER_OF = {"intel": "intel_vpu", "amd": "amdxdna"}
LIBRARIES = {
    "intel": ("libze_intel_npu.so.1", "libze_intel_vpu.so.1"),
    "amd": ("libxrt_driver_xdna.so.2", "libxrt_driver_xdna.so"),
}
FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/opt/xilinx/xrt/lib",
)
ACCEL = "/sys/class/accel"
DEVICES_LIMIT = 64
LOCKED_BYTES = 64 * 1024 * 1024
"""XRT maps 64 MiB of locked memory for an AMD NPU; with a lower limit every call fails."""


def parse_locked(text: str) -> int | None:
    """The soft limit of locked memory in /proc/self/limits in bytes; None when it is unlimited or not there."""
    for line in text[:65536].splitlines():
        # Max locked memory         8388608              8388608              bytes
        if line.startswith("Max locked memory"):
            words = line[17:200].split()
            return whole(words[0]) if words else None
    return None


def nodes(reader: Reader) -> dict[str, str]:
    """PCI address -> device node, such as /dev/accel/accel0, as sysfs tells it."""
    found = {}
    for name in reader.names(ACCEL)[: 4 * DEVICES_LIMIT]:
        link = reader.link(f"{ACCEL}/{name}/device") if re.fullmatch(r"accel[0-9]{1,4}", name) else None
        address = pci.address(link.rsplit("/", 1)[-1]) if link else None
        if address is not None:
            found[address] = f"/dev/accel/{name}"
    return found


def detect(reader: Reader) -> Found:
    """NPUs on the PCI bus, and whether this process can use them."""
    found = Found()
    if reader.platform != "linux":
        return found
    devices = [
        device
        for device in pci.devices(reader)
        if device.driver in DRIVERS or (device.vendor, device.device) in IDS
    ][:DEVICES_LIMIT]
    where = nodes(reader) if devices else {}
    for device in devices:
        vendor = DRIVERS.get(device.driver or "") or VENDOR_IDS[device.vendor or 0]
        usable, why_not = _usable(reader, vendor, device.driver, where.get(device.address))
        more: dict[str, Any] = {}
        if device.vendor is not None and device.device is not None:
            more["pci_id"] = f"{device.vendor:04x}:{device.device:04x}"
        found.accelerators.append(
            accelerator(
                vendor,
                "npu",
                model=IDS.get((device.vendor or 0, device.device or 0), NAMES[vendor]),
                address=device.address,
                driver=device.driver,
                usable=usable,
                why_not=why_not,
                **more,
            )
        )
    if found.accelerators:
        found.facts["npu.vendor"] = found.accelerators[0]["vendor"]
    return found


def _usable(
    reader: Reader, vendor: str, driver: str | None, node: str | None
) -> tuple[bool | None, str | None]:
    wanted = DRIVER_OF[vendor]
    if driver is not None and driver != wanted:
        return False, f"bound to {driver[:64]}, not to {wanted}"
    present = [name for name in reader.names("/dev/accel") if re.fullmatch(r"accel[0-9]{1,4}", name)]
    if not present or (node is not None and node.rsplit("/", 1)[-1] not in present):
        what = (
            "its node in /dev/accel is missing" if driver else f"no {wanted} driver and no node in /dev/accel"
        )
        return False, what
    if driver is None and node is None and reader.names(pci.SYSFS):
        return False, f"the kernel driver {wanted} is not bound"
    if node is None:
        return None, "which node in /dev/accel belongs to it is not known"
    allowed = access.writable(reader, node)
    if allowed is None:
        return None, f"whether {node} may be opened is not known"
    if not allowed:
        return False, f"no permission for {node} (usually: join the group render)"
    if not any(reader.exists(f"{folder}/{library}") for folder in FOLDERS for library in LIBRARIES[vendor]):
        return None, f"{LIBRARIES[vendor][0]} was not found in the usual folders"
    locked = parse_locked(reader.text("/proc/self/limits") or "") if vendor == "amd" else None
    if locked is not None and locked < LOCKED_BYTES:
        return None, f"the limit of locked memory is {locked >> 20} MiB; XRT asks for {LOCKED_BYTES >> 20}"
    return True, None
