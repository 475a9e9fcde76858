"""What `reg query` and Win32_VideoController print about display adapters on the PCI bus."""

from __future__ import annotations

import re
from typing import NamedTuple

from probes.hardware import loose_json
from probes.record import clean, whole

TEXT_LIMIT = 1 << 22
LINES_LIMIT = 50_000
KEYS_LIMIT = 4096
ROWS_LIMIT = 64

VENDORS = {0x10DE: "nvidia", 0x1002: "amd", 0x1022: "amd", 0x8086: "intel"}
CAP = 0xF000_0000
"""AdapterRAM is a 32-bit number: from here on it says "4 GiB or more", not how much."""
INTEL_OWN_MIB = 3072
"""Below this the memory of an Intel GPU is a share of the system's that the firmware set aside."""


class Adapter(NamedTuple):
    """One display adapter on the PCI bus; None where Windows says nothing."""

    vendor: int
    device: int
    model: str | None = None
    driver: str | None = None
    """Version in Windows' form, such as 30.0.21023.1015; NVIDIA's own number is another one."""
    memory_mib: int | None = None
    instance: str | None = None
    """Device instance in upper case: `PCI\\VEN_10DE&DEV_1402&SUBSYS_36C31458&REV_A1\\4&1286464&0&0008`."""
    address: str | None = None
    problem: int | None = None
    """Problem code of the device manager; 0 is none."""


def parse_reg(text: str) -> dict[str, dict[str, str]]:
    """Keys of `reg query` with their values, `TYPE data`; names of values in lower case, keys as printed.

    Sub-keys that are only listed have no values. Lines of other kinds (the localised summary) are ignored.
    """
    keys: dict[str, dict[str, str]] = {}
    values: dict[str, str] | None = None
    for line in text[:TEXT_LIMIT].replace("\0", "").splitlines()[:LINES_LIMIT]:
        line = line[:2000].rstrip()
        if line.startswith("HKEY_"):
            if len(keys) >= KEYS_LIMIT:
                break
            values = keys.setdefault(line, {})
        elif values is not None and line.startswith("    "):
            # "    HardwareInformation.qwMemorySize    REG_QWORD    0x600000000"
            parts = line.strip().split("    ", 2)
            if len(parts) >= 2 and parts[1].startswith("REG_") and len(values) < KEYS_LIMIT:
                values[parts[0].lower()] = " ".join(parts[1:])
    return keys


def parse_bytes(value: str | None) -> int | None:
    """A number in `REG_QWORD 0x600000000`, `REG_DWORD 0x...` or `REG_BINARY 0000000003000000`; None for anything else."""
    kind, _, data = (value or "")[:100].partition(" ")
    data = data.strip()
    if kind in ("REG_QWORD", "REG_DWORD"):
        return whole(data)
    if kind == "REG_BINARY":
        digits = data.replace(" ", "")
        if re.fullmatch(r"(?:[0-9a-fA-F]{2}){4,8}", digits):
            return int.from_bytes(bytes.fromhex(digits), "little")
    return None


def parse_ids(text: str | None) -> tuple[int, int] | None:
    """PCI vendor and device in `PCI\\VEN_10DE&DEV_1402...`; None for adapters that are not on the PCI bus."""
    found = re.match(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", (text or "")[:400].strip().upper())
    return (int(found[1], 16), int(found[2], 16)) if found else None


def parse_location(text: str | None) -> str | None:
    """PCI address in `@System32\\drivers\\pci.sys,#65536;PCI bus %1, device %2, function %3;(131,0,0)`."""
    found = re.search(r"\(([0-9]{1,8}),([0-9]{1,3}),([0-9]{1,2})\)$", (text or "")[:400].strip())
    if found is None:
        return None
    bus, device, function = (int(number) for number in found.groups())
    # The segment stands above the eight bits of the bus.
    if bus >> 24 or device > 31 or function > 7:
        return None
    return f"{bus >> 8:04x}:{bus & 255:02x}:{device:02x}.{function}"


def memory(size: int | None, vendor: int, capped: bool) -> int | None:
    """MiB of an adapter's own memory from bytes; `capped`: the number had 32 bits. None when it cannot be known."""
    if size is None or size <= 0 or size >> 50 or (capped and size >= CAP):
        return None
    mib = size >> 20
    if VENDORS.get(vendor) == "intel" and mib < INTEL_OWN_MIB:
        return None
    return mib or None


def parse_class(text: str) -> dict[str, Adapter]:
    """Adapters in the display class, by the name of their key (`0000`); those that are not on the PCI bus are left out."""
    found: dict[str, Adapter] = {}
    for key, values in parse_reg(text).items():
        name = key.rsplit("\\", 1)[-1]
        ids = parse_ids(data(values.get("matchingdeviceid")))
        if ids is None or not re.fullmatch(r"[0-9]{4}", name):
            continue
        size = memory(parse_bytes(values.get("hardwareinformation.qwmemorysize")), ids[0], False)
        if size is None:
            size = memory(parse_bytes(values.get("hardwareinformation.memorysize")), ids[0], True)
        model, driver = data(values.get("driverdesc")), data(values.get("driverversion"))
        found[name] = Adapter(*ids, model=clean(model), driver=_version(driver), memory_mib=size)
    return found


def data(value: str | None) -> str | None:
    """What stands behind the type in a value of `parse_reg`; None without a value."""
    return None if value is None else value.partition(" ")[2].strip()


def _version(text: str | None) -> str | None:
    found = re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,4}", (text or "").strip()[:60])
    return found[0] if found else None


def parse_cim(text: str) -> list[Adapter] | None:
    """Rows of Win32_VideoController: JSON, or `Name=value` and `Name : value` in blocks; None when there are none.

    Remote and basic display adapters are rows, but no adapters.
    """
    rows = _cim_json(text) or _cim_lines(text)
    if not rows:
        return None
    found: list[Adapter] = []
    for row in rows:
        instance = row.get("pnpdeviceid", "").replace("&amp;", "&").strip().upper()
        ids = parse_ids(instance)
        if ids is None or len(found) >= ROWS_LIMIT:
            continue
        found.append(
            Adapter(
                *ids,
                model=clean(row.get("name")),
                driver=_version(row.get("driverversion")),
                memory_mib=memory(whole(row.get("adapterram")), ids[0], True),
                instance=instance[:400],
                problem=whole(row.get("configmanagererrorcode")),
            )
        )
    return found


def _cim_json(text: str) -> list[dict[str, str]]:
    data = loose_json.parse(text)
    return [
        {name.lower(): str(value) for name, value in row.items() if isinstance(value, (str, int))}
        for row in (data if isinstance(data, list) else [data])
        if isinstance(row, dict) and any(name.lower() == "pnpdeviceid" for name in row)
    ]


def _cim_lines(text: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = [{}]
    for line in text[:TEXT_LIMIT].replace("\0", "").splitlines()[:LINES_LIMIT]:
        # AdapterRAM=4293918720, or "AdapterRAM                   : 4293918720"; an empty line ends a block.
        match = re.match(r"(\w{1,60}) {0,60}[=:](.{0,1000})", line)
        if match is None:
            if not line.strip() and rows[-1]:
                rows.append({})
            continue
        name = match[1].lower()
        if name in rows[-1] and name == "pnpdeviceid":
            rows.append({})
        rows[-1][name] = match[2].strip()
    return [row for row in rows if "pnpdeviceid" in row]
