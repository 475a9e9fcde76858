"""Coral Edge TPUs on USB and PCIe.

1. USB 1a6e:089a (before the first use) and 18d1:9302 (after it); 18d1 alone is any Google phone.
2. PCI 1ac1:089a with the driver's node `/dev/apex_<n>`; in a container the node may be the only sign.
"""

from __future__ import annotations

import re

from probes.hardware import pci, usb
from probes.hardware.access import writable
from probes.reader import Reader
from probes.record import Found, accelerator, clean, target, whole

MODEL = "Coral Edge TPU"
USB_STATES = {("1a6e", "089a"): "uninitialised", ("18d1", "9302"): "initialised"}
"""USB ids -> what the runtime has done to the device; it changes its ids when its firmware is loaded."""
PCI_ID = (0x1AC1, 0x089A)
LIBRARIES = tuple(
    f"{folder}/libedgetpu.so.1"
    for folder in (
        "/usr/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib/arm-linux-gnueabihf",
        "/usr/local/lib",
    )
)
DEVICES_LIMIT = 64

_NODE = re.compile(r"apex_[0-9]{1,4}")


def parse_status(text: str | None) -> bool | None:
    """Whether the driver calls a device alive (`ALIVE`) or not (`DEAD`, `LAMED`); None for anything else."""
    return {"ALIVE": True, "DEAD": False, "LAMED": False}.get((text or "")[:40].strip().upper())


def detect(reader: Reader) -> Found:
    """Every Edge TPU as accelerator and as target; the fact `edge_tpu` where there is one."""
    found = Found()
    for stick in usb.devices(reader):
        state = USB_STATES.get((stick.vendor, stick.product))
        if state is not None:
            usable, why = _usb_usable(reader, stick.path)
            _add(found, stick.path, None, state, usable, why)
    _pcie(reader, found)
    if found.accelerators:
        found.facts["edge_tpu"] = True
        if not any(reader.exists(path) for path in LIBRARIES):
            hint = "install libedgetpu1-std, unless your programs bring their own"
            found.note("coral", "info", "libedgetpu.so.1 is not where its packages put it", hint)
    return found


def _pcie(reader: Reader, found: Found) -> None:
    cards = [d for d in pci.devices(reader) if (d.vendor, d.device) == PCI_ID][:DEVICES_LIMIT]
    nodes: dict[str, str] = {}
    loose = []
    for name in [n for n in reader.names("/dev") if _NODE.fullmatch(n)][:DEVICES_LIMIT]:
        link = reader.link(f"/sys/class/apex/{name}/device")
        where = pci.address(link.rsplit("/", 1)[-1]) if link else None
        if where is None:
            loose.append(name)
        else:
            nodes[where] = name
    bare = [card.address for card in cards if card.address not in nodes]
    if len(loose) == len(bare):
        nodes.update(zip(bare, loose))
        loose = []
    for card in cards:
        node = nodes.pop(card.address, None)
        usable: bool | None = None
        why = None
        if node is not None:
            usable, why = _node_usable(reader, node)
        elif not loose:
            usable = False
            why = "no /dev/apex_<n>: " + ("not given to this container?" if card.driver else "driver missing")
        _add(found, card.address, card.driver, None, usable, why)
    # Where the bus is hidden, as in some containers, the nodes remain.
    hidden: list[tuple[str | None, str]] = [*nodes.items()]
    if not cards:
        hidden += [(None, name) for name in loose]
    for place, name in hidden:
        usable, why = _node_usable(reader, name)
        _add(found, place, None, None, usable, why)


def _add(
    found: Found,
    address: str | None,
    driver: str | None,
    state: str | None,
    usable: bool | None,
    why: str | None,
) -> None:
    if len(found.accelerators) < DEVICES_LIMIT:
        found.accelerators.append(
            accelerator(
                "google",
                "tpu",
                model=MODEL,
                address=address,
                driver=clean(driver, 64),
                usable=usable,
                why_not=why,
            )
        )
        found.targets.append(target("edge_tpu", model=MODEL, state=state, address=address))


def _node_usable(reader: Reader, name: str) -> tuple[bool | None, str | None]:
    """Whether the device behind `/dev/apex_<n>` can be used, and why not."""
    if parse_status(reader.line(f"/sys/class/apex/{name}/status")) is False:
        return False, "the driver reports that it is not alive"
    return _with_library(reader, f"/dev/{name}")


def _usb_usable(reader: Reader, path: str) -> tuple[bool | None, str | None]:
    """Whether the device at a USB path can be used, and why not."""
    bus, number = (whole(reader.line(f"{usb.SYSFS}/{path}/{name}")) for name in ("busnum", "devnum"))
    if bus is None or number is None:
        return None, None
    node = f"/dev/bus/usb/{bus:03d}/{number:03d}"
    if not reader.exists(node):
        return False, f"no {node}: not given to this container?"
    return _with_library(reader, node)


def _with_library(reader: Reader, node: str) -> tuple[bool | None, str | None]:
    """Usable means that the node may be written to and that the run-time library is known to be there."""
    allowed = writable(reader, node)
    if allowed is False:
        return False, f"no permission for {node}"
    known = allowed and any(reader.exists(path) for path in LIBRARIES)
    return (True if known else None), None
