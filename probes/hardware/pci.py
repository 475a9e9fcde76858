"""What is on the PCI bus: from sysfs, else from `lspci -Dnn`."""

from __future__ import annotations

import re
from typing import NamedTuple

from probes.reader import Reader
from probes.record import whole

SYSFS = "/sys/bus/pci/devices"
DEVICES_LIMIT = 4096


class Device(NamedTuple):
    """One function on the bus. `address` is `0000:01:00.0`; the numbers are None where they are not known."""

    address: str
    vendor: int | None
    device: int | None
    klass: int | None
    """Class and subclass, such as 0x0300 for a VGA controller; 0x0302 3D, 0x0380 display, 0x1200 accelerator."""
    driver: str | None
    """Kernel driver that is bound; None when none is or it is not known."""

    @property
    def is_display(self) -> bool:
        """Whether it is a VGA, 3D or other display controller."""
        return self.klass is not None and self.klass >> 8 == 0x03


# 0000:01:00.0 VGA compatible controller [0300]: NVIDIA Corporation TU106 [GeForce RTX 2060 SUPER] [10de:1f06] (rev a1)
_LSPCI = re.compile(
    r"^(?P<address>(?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]) [^\[\n]{0,200}\[(?P<klass>[0-9a-fA-F]{4})\]: "
    r".{0,400}\[(?P<vendor>[0-9a-fA-F]{4}):(?P<device>[0-9a-fA-F]{4})\]"
)


def address(text: str) -> str | None:
    """A PCI address in the form `0000:01:00.0`; None for anything else. `00000000:01:00.0` and `01:00.0` are accepted."""
    found = re.fullmatch(r"(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])", text.strip()[:40])
    if found is None:
        return None
    domain = (found[1] or "0000").lower()
    return f"{domain[-4:] if set(domain[:-4]) <= {'0'} else domain}:{found[2].lower()}"


def parse_lspci(text: str) -> list[Device]:
    """Devices in the output of `lspci -nn` or `lspci -Dnn`."""
    found = []
    for line in text[: 1 << 22].splitlines()[:DEVICES_LIMIT]:
        match = _LSPCI.match(line[:700])
        if match is not None:
            where = address(match["address"])
            assert where is not None
            vendor, device, klass = (int(match[name], 16) for name in ("vendor", "device", "klass"))
            found.append(Device(where, vendor, device, klass, None))
    return found


def devices(reader: Reader) -> list[Device]:
    """Every device on the bus, by address; empty where there is no bus or it cannot be seen."""
    found = []
    for name in reader.names(SYSFS)[:DEVICES_LIMIT]:
        where = address(name)
        if where is None:
            continue
        folder = f"{SYSFS}/{name}"
        klass = whole(reader.line(f"{folder}/class"))
        driver = reader.link(f"{folder}/driver")
        found.append(
            Device(
                where,
                whole(reader.line(f"{folder}/vendor")),
                whole(reader.line(f"{folder}/device")),
                None if klass is None else klass >> 8,
                driver.rsplit("/", 1)[-1][:64] if driver else None,
            )
        )
    if not found and reader.platform == "linux":
        done = reader.run(["lspci", "-Dnn"])
        found = parse_lspci(done.stdout) if done.ok else []
    return found
