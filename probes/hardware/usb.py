"""What is on the USB bus: from sysfs, else from `lsusb`. Serial numbers are never read."""

from __future__ import annotations

import re
from typing import NamedTuple

from probes.reader import Reader

SYSFS = "/sys/bus/usb/devices"
DEVICES_LIMIT = 1024


class Device(NamedTuple):
    """One device. `path` is the port path such as `1-4.2`, or `bus-device` from lsusb; the ids are lower-case hex."""

    path: str
    vendor: str
    product: str


# Bus 002 Device 003: ID 1a6e:089a Global Unichip Corp.
_LSUSB = re.compile(r"^Bus (\d{1,4}) Device (\d{1,4}): ID ([0-9a-fA-F]{4}):([0-9a-fA-F]{4})")


def parse_lsusb(text: str) -> list[Device]:
    """Devices in the output of `lsusb`."""
    found = []
    for line in text[: 1 << 22].splitlines()[:DEVICES_LIMIT]:
        match = _LSUSB.match(line[:200])
        if match is not None:
            found.append(Device(f"{match[1]}-{match[2]}", match[3].lower(), match[4].lower()))
    return found


def devices(reader: Reader) -> list[Device]:
    """Every device on the bus; empty where there is none or it cannot be seen."""
    found = []
    for name in reader.names(SYSFS)[:DEVICES_LIMIT]:
        vendor, product = reader.line(f"{SYSFS}/{name}/idVendor"), reader.line(f"{SYSFS}/{name}/idProduct")
        if (
            vendor
            and product
            and re.fullmatch(r"[0-9a-fA-F]{4}", vendor)
            and re.fullmatch(r"[0-9a-fA-F]{4}", product)
        ):
            found.append(Device(name, vendor.lower(), product.lower()))
    if not found and reader.platform == "linux":
        done = reader.run(["lsusb"])
        found = parse_lsusb(done.stdout) if done.ok else []
    return found
