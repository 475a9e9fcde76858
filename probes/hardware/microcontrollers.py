"""Microcontroller boards on USB, by vendor and product id. Serial numbers and product texts are not read.

Many boards hide behind a general USB-to-serial bridge, which says nothing about the board. Not everything with the
vendor id of a maker is a board: Raspberry Pi's is also on hubs, keyboards and flash drives.
"""

from __future__ import annotations

import re

from probes.hardware import usb
from probes.reader import Reader
from probes.record import Found, target

BRIDGE = "serial bridge, board unknown"
BRIDGES = frozenset(
    {
        "0403:6001",  # FTDI FT232
        "0403:6015",  # FTDI FT231X
        "067b:2303",  # Prolific PL2303
        "10c4:ea60",  # Silicon Labs CP210x
        "1a86:7523",  # WCH CH340
        "1a86:55d4",  # WCH CH9102
    }
)
UNO, MEGA, LEONARDO, MICRO = "Arduino Uno", "Arduino Mega 2560", "Arduino Leonardo", "Arduino Micro"
BOARDS = {
    "2e8a:0003": "RP2040 board",
    "2e8a:0005": "RP2040 or RP2350 board",
    "2e8a:0009": "RP2040 or RP2350 board",
    "2e8a:000a": "RP2040 board",
    "2e8a:000b": "RP2040 or RP2350 board",
    "2e8a:000f": "RP2350 board",
    "303a:0002": "ESP32-S2 board",
    # The same id is on the S3, C3, C6 and later chips.
    "303a:1001": "ESP32 family board",
    "2341:0001": UNO,
    "2341:0043": UNO,
    "2341:0243": UNO,
    "2341:006a": UNO,
    "2a03:0043": UNO,
    "2341:0010": "Arduino Mega",
    "2341:0042": MEGA,
    "2341:0242": MEGA,
    "2a03:0042": MEGA,
    "2341:0036": LEONARDO,
    "2341:8036": LEONARDO,
    "2a03:0036": LEONARDO,
    "2a03:8036": LEONARDO,
    "2341:0037": MICRO,
    "2341:8037": MICRO,
    "2a03:0037": MICRO,
    "2a03:8037": MICRO,
}
"""USB ids -> what is sure about the board: from the makers' own lists."""
BOOT = frozenset({"2e8a:0003", "2e8a:000f", "303a:0002", "2341:0036", "2341:0037", "2a03:0036", "2a03:0037"})
"""Ids that a board has while its boot loader waits for a program."""
CIRCUITPYTHON_VENDOR = "239a"
DEVICES_LIMIT = 64

_PORT = re.compile(r"tty(?:ACM|USB)[0-9]{1,4}")


def parse_board(vendor: str, product: str) -> str | None:
    """The name that USB ids (4 hex digits each) allow; `BRIDGE` for a general bridge, None for other devices."""
    ids = f"{vendor}:{product}".lower()
    if ids in BRIDGES:
        return BRIDGE
    if ids in BOARDS:
        return BOARDS[ids]
    return "CircuitPython board" if vendor.lower() == CIRCUITPYTHON_VENDOR else None


def detect(reader: Reader) -> Found:
    """Attached boards as targets of kind microcontroller, with `usb_id` and, where it has one, `port` (`ttyACM0`)."""
    found = Found()
    names: list[str] | None = None
    for device in usb.devices(reader):
        board = parse_board(device.vendor, device.product)
        if board is None or len(found.targets) >= DEVICES_LIMIT:
            continue
        ids = f"{device.vendor}:{device.product}"
        names = reader.names(usb.SYSFS) if names is None else names
        found.targets.append(
            target(
                "microcontroller",
                model=board,
                state="boot" if ids in BOOT else "connected",
                usb_id=ids,
                port=_port(reader, device.path, names),
            )
        )
    return found


def _port(reader: Reader, path: str, names: list[str]) -> str | None:
    """The serial port of the device at a USB path; None when it has none or that is not known."""
    for name in names:
        # The interfaces of device 1-3 are 1-3:1.0, 1-3:1.1 and so on.
        if not name.startswith(path + ":"):
            continue
        folder = f"{usb.SYSFS}/{name}"
        for port in [*reader.names(f"{folder}/tty"), *reader.names(folder)]:
            if _PORT.fullmatch(port):
                return port
    return None
