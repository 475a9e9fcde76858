"""Single-board computers: whether this machine is one.

1. The device tree, `model` and `compatible`, which end in NUL. 2. `/proc/cpuinfo` of a Raspberry Pi: its `Model` line,
else its revision code. Servers, phones, laptops and virtual machines have device trees too: only makers of boards count.
Jetson boards are left to their own detector.
"""

from __future__ import annotations

import re

from probes.reader import Reader
from probes.record import Found, clean, target

TREES = ("/proc/device-tree", "/sys/firmware/devicetree/base")
MAKERS = frozenset(
    {
        "bananapi",
        "beagle",
        "cubietech",
        "firefly",
        "friendlyarm",
        "hardkernel",
        "khadas",
        "libretech",
        "milkv",
        "olimex",
        "pine64",
        "radxa",
        "seeed",
        "sipeed",
        "starfive",
        "xunlong",
    }
)
"""Vendor prefixes of device trees whose makers sell single-board computers."""
BOARDS = re.compile(
    r"ti,am335x-bone.{0,40}|asus,[a-z0-9]{1,16}-tinker.{0,20}|(?:google|fsl),imx8mq-phanbell"
    r"|rockchip,rk[0-9]{4}[a-z]?-(?:rock|orangepi|nanopi).{0,40}"
)
"""Boards under a prefix that also stands on chips or other machines."""
NOT_BOARDS = re.compile(r"pine64,pine(?:phone|book|tab|note).{0,60}")
STRINGS_LIMIT = 64

# Types in bits 4 to 11 of new-style revision codes.
PI_TYPES = {
    0x00: "A",
    0x01: "B",
    0x02: "A+",
    0x03: "B+",
    0x04: "2 Model B",
    0x06: "Compute Module",
    0x08: "3 Model B",
    0x09: "Zero",
    0x0A: "Compute Module 3",
    0x0C: "Zero W",
    0x0D: "3 Model B+",
    0x0E: "3 Model A+",
    0x10: "Compute Module 3+",
    0x11: "4 Model B",
    0x12: "Zero 2 W",
    0x13: "400",
    0x14: "Compute Module 4",
    0x15: "Compute Module 4S",
    0x17: "5 Model B",
    0x18: "Compute Module 5",
    0x19: "500",
    0x1A: "Compute Module 5 Lite",
}

# Model           : Raspberry Pi 4 Model B Rev 1.1
_MODEL = re.compile(r"^Model[ \t]{0,16}: ?(Raspberry Pi [^\n]{1,200})", re.M)
# Hardware        : BCM2835
_HARDWARE = re.compile(r"^Hardware[ \t]{0,16}: ?BCM2[78][0-9]{2}[ \t\r]{0,8}$", re.M)
# Revision        : a22082
_REVISION = re.compile(r"^Revision[ \t]{0,16}: ?([0-9a-f]{4,8})[ \t\r]{0,8}$", re.M)


def parse_strings(text: str) -> list[str]:
    """The strings of a device tree property, which end in NUL, without those that hold nothing."""
    return [s for s in (clean(part) for part in text[: 1 << 16].split("\0")[:STRINGS_LIMIT]) if s]


def parse_board(model: str | None, compatible: list[str]) -> str | None:
    """The name of a single-board computer: its model, else the most exact compatible string; None for other machines."""
    if any(s.startswith("nvidia,") for s in compatible) or any(NOT_BOARDS.fullmatch(s) for s in compatible):
        return None
    # The first string is the machine; the others may be the maker of its chip, except on boards built around a Pi.
    pi = [s for s in compatible if s.startswith("raspberrypi,")]
    first = [s for s in compatible[:1] if s.split(",")[0] in MAKERS or BOARDS.fullmatch(s)]
    board = next(iter(first + pi), None)
    if model is not None and (board is not None or model.startswith("Raspberry Pi ")):
        return model
    if board is not None and board.startswith("raspberrypi,"):
        # raspberrypi,5-model-b
        words = board.partition(",")[2].split("-")
        return "Raspberry Pi " + " ".join(word[:1].upper() + word[1:] for word in words)
    return board


def parse_cpuinfo(text: str) -> str | None:
    """The Raspberry Pi that a `/proc/cpuinfo` names, by its `Model` line or its revision code; None for others.

    The `Hardware` line names an older chip on newer boards and tells only that it is one of this family.
    """
    text = text[: 1 << 20]
    named = _MODEL.search(text)
    if named is not None:
        return clean(named[1])
    revision = _REVISION.search(text)
    if revision is None or _HARDWARE.search(text) is None:
        return None
    code = int(revision[1], 16)
    kind = PI_TYPES.get(code >> 4 & 0xFF)
    # Bit 23 marks the new style; older codes are a list of their own.
    return f"Raspberry Pi {kind} Rev 1.{code & 0xF}" if code >> 23 & 1 and kind else None


def detect(reader: Reader) -> Found:
    """This machine as a target of kind sbc, where it is a single-board computer."""
    found = Found()
    if reader.platform != "linux":
        return found
    board = None
    for tree in TREES:
        model = parse_strings(reader.text(f"{tree}/model") or "")
        compatible = parse_strings(reader.text(f"{tree}/compatible") or "")
        if model or compatible:
            board = parse_board(model[0] if model else None, compatible)
            break
    else:
        # Containers often hide the device tree, but not this file.
        board = parse_cpuinfo(reader.text("/proc/cpuinfo") or "")
    if board is not None:
        found.targets.append(target("sbc", model=board))
    return found
