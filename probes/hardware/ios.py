"""iPhones and iPads that are attached; no name, UDID or serial number of them leaves this module.

1. On macOS: `xcrun devicectl list devices`. 2. On macOS where that found none, on Windows, and on Linux where an Apple
mobile device may be on USB: `idevice_id -l` and `ideviceinfo` of libimobiledevice.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from probes.hardware import usb
from probes.reader import Reader
from probes.record import Found, clean, target

DEVICES_LIMIT = 64
ASKED_LIMIT = 8
TEXT_LIMIT = 1 << 23
SEARCH_LIMIT = 1 << 16
"""How far into the text the JSON may begin, after a table and warnings, in characters."""


def parse_devicectl(text: str) -> list[dict[str, Any]]:
    """Attached phones and tablets in the JSON of `devicectl list devices`, as targets.

    Not in it: simulators, watches and the like, the Mac itself, and devices that the Mac only remembers. Since
    jsonVersion 5 everything is under `properties`, and enumerations and versions are objects.
    """
    found = []
    for device in _devices(text)[: 4 * DEVICES_LIMIT]:
        if not isinstance(device, dict):
            continue
        new = _part(device, "properties")
        hardware = {**_part(device, "hardwareProperties"), **_part(new, "hardware")}
        software = {**_part(device, "deviceProperties"), **_part(new, "software")}
        connection = {**_part(device, "connectionProperties"), **_part(new, "connection")}
        kind = _word(hardware.get("deviceType")) or _word(hardware.get("productType")) or ""
        if (
            not kind.startswith(("iPhone", "iPad", "iPod"))
            or _word(hardware.get("reality")) == "simulated"
            or _word(connection.get("transportType")) == "sameMachine"
        ):
            continue
        state = _state(connection)
        if state == "away":
            continue
        product = _word(hardware.get("productType"))
        found.append(
            target(
                "ios",
                model=_word(hardware.get("marketingName")) or product,
                state=state,
                abi=_word(_part(hardware, "cpuType").get("name")),
                os_version=_version(software.get("osVersionNumber")),
                product_type=product,
            )
        )
    return found[:DEVICES_LIMIT]


def _state(connection: dict[str, Any]) -> str | None:
    """connected, unpaired, "away" for a device that is only remembered, or None when nothing is said.

    A tunnel is opened on demand: a phone on its cable may well be "disconnected".
    """
    tunnel = _word(connection.get("state")) or _word(connection.get("tunnelState"))
    reachable = _word(connection.get("transportType")) is not None or tunnel == "connected"
    if not connection:
        return None
    if tunnel == "unavailable" or not reachable:
        return "away"
    return "connected" if _word(connection.get("pairingState")) in ("paired", None) else "unpaired"


def _devices(text: str) -> list[Any]:
    """`result.devices` of the object in the text, which a table and warnings may precede."""
    text = text[:TEXT_LIMIT]
    # No number is of use, and one of a million digits takes minutes.
    decoder = json.JSONDecoder(parse_int=len, parse_float=len)
    # a line that begins the object, after the table for people
    for match in list(re.finditer(r"^[ \t]{0,20}\{", text[:SEARCH_LIMIT], re.MULTILINE))[:8]:
        try:
            data, _ = decoder.raw_decode(text, match.end() - 1)
        except (ValueError, RecursionError):
            continue
        devices = _part(data, "result").get("devices")
        if isinstance(devices, list):
            return devices
    return []


def _part(value: Any, key: str) -> dict[str, Any]:
    part = value.get(key) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _word(value: Any) -> str | None:
    """A text, or the one key of an object that stands for an enumeration: {"enabled": {"mode": 1}}."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value))
    return clean(value) if isinstance(value, str) else None


# "18.7.1" or {"stringValue": "18.7.1", "components": [18, 7, 1, 0, 0]}
def _version(value: Any) -> str | None:
    text = value.get("stringValue") if isinstance(value, dict) else value
    return clean(text, 40) if isinstance(text, str) else None


# 00008120-0000000000000000     or     40 hexadecimal digits     (network)
_UDID = re.compile(r"^([0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})(?: \(USB\))?\s*$")


def parse_idevice_id(text: str) -> list[str]:
    """UDIDs in the output of `idevice_id -l`; they serve to ask the devices and must not leave this module."""
    lines = text[:SEARCH_LIMIT].splitlines()
    return list(dict.fromkeys(m[1] for m in (_UDID.match(line[:100]) for line in lines) if m))[:DEVICES_LIMIT]


# iPhone15,2
_PRODUCT = re.compile(r"(?:iPhone|iPad|iPod)\d{1,3},\d{1,3}")
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}")


def parse_ideviceinfo(product: str, version: str) -> dict[str, Any] | None:
    """A target from the values of ProductType and ProductVersion; None for what is no phone or tablet."""
    model = _PRODUCT.fullmatch(product.strip()[:40])
    if model is None:
        return None
    number = _NUMBERS.fullmatch(version.strip()[:40])
    return target(
        "ios",
        model=model[0],
        state="connected",
        os_version=number[0] if number else None,
        product_type=model[0],
    )


def detect(reader: Reader) -> Found:
    """iPhones and iPads as targets."""
    found = Found()
    if reader.platform == "darwin":
        found.targets.extend(parse_devicectl(_devicectl(reader, found)))
    if not found.targets and _may_be_attached(reader):
        _libimobiledevice(reader, found)
    for record in found.targets:
        if record["state"] == "connected":
            found.facts["ios"] = True
            for name, key in (("ios.version", "os_version"), ("ios.product_type", "product_type")):
                if record[key] is not None:
                    found.facts[name] = record[key]
            break
    return found


def _devicectl(reader: Reader, found: Found) -> str:
    """The JSON; a file serves where the tool does not write it to standard output."""
    command = ["xcrun", "devicectl", "list", "devices", "-j"]
    done = reader.run([*command, "/dev/stdout"])
    if done.error == "timed out":
        found.note(
            "ios", "warning", "devicectl did not answer in time", "probe again: its service may be starting"
        )
    if done.error is not None or _devices(done.stdout):
        return done.stdout
    if '"result"' in done.stdout[:TEXT_LIMIT]:
        return ""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="probe-") as folder:
            path = os.path.join(folder, "devices.json")
            if not reader.run([*command, path]).ok:
                return ""
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read(TEXT_LIMIT)
    except OSError:
        return ""


APPLE = "05ac"
MOBILE = range(0x1290, 0x12B0)
"""USB product ids of Apple's phones and tablets."""


def _may_be_attached(reader: Reader) -> bool:
    if reader.platform in ("darwin", "windows"):
        return True
    if reader.platform != "linux":
        return False
    seen = usb.devices(reader)
    return not seen or any(d.vendor == APPLE and int(d.product, 16) in MOBILE for d in seen)


def _libimobiledevice(reader: Reader, found: Found) -> None:
    listing = reader.run(["idevice_id", "-l"])
    udids = parse_idevice_id(listing.stdout)
    if len(udids) > ASKED_LIMIT:
        found.note("ios", "info", "not every iOS device was asked for its model")
    for udid in udids[:ASKED_LIMIT]:
        # -s: without it the question would make the device ask its owner to trust this computer.
        answers = [
            reader.run(["ideviceinfo", "-s", "-u", udid, "-k", key])
            for key in ("ProductType", "ProductVersion")
        ]
        record = parse_ideviceinfo(*(done.stdout if done.ok else "" for done in answers))
        if record is not None:
            found.targets.append(record)
        elif not answers[0].ok:
            found.targets.append(target("ios", product_type=None))
            found.note(
                "ios",
                "warning",
                "an iOS device does not say what it is",
                "unlock it and accept the dialog that asks to trust this computer",
            )
