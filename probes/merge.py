"""What several detectors found, as one probe record: devices merged by bus address, facts without contradiction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LIMIT = 64
"""Accelerators and targets that are kept."""


def merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """`Found.to_dict()` of each detector, in the order of trust, as one: the first value that is known stays."""
    result: dict[str, Any] = {
        "machine": {},
        "accelerators": [],
        "targets": [],
        "facts": {},
        "diagnostics": [],
    }
    for part in parts:
        _fill(result["machine"], part["machine"])
        for device in part["accelerators"]:
            _add(result["accelerators"], device)
        result["targets"] += part["targets"]
        # Facts about the GPU speak of one device: they come from one detector or not at all.
        other = "gpu.vendor" in result["facts"]
        for name, value in part["facts"].items():
            if value is not None and not (other and name.startswith("gpu.")):
                result["facts"].setdefault(name, value)
        result["diagnostics"] += part["diagnostics"]
    for kind in ("accelerators", "targets"):
        if len(result[kind]) > LIMIT:
            note = {
                "probe": "merge",
                "level": "warning",
                "message": f"{len(result[kind])} {kind} were found, {LIMIT} are kept",
                "hint": None,
            }
            result["diagnostics"].append(note)
            del result[kind][LIMIT:]
    return result


def _fill(into: dict[str, Any], part: dict[str, Any]) -> None:
    """Copy what is known in `part` and not yet in `into`, one level of mappings deep."""
    for key, value in part.items():
        known = into.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            for inner, more in value.items():
                if known.get(inner) is None:
                    known[inner] = more
        elif known is None:
            into[key] = dict(value) if isinstance(value, dict) else value


def _add(devices: list[dict[str, Any]], device: dict[str, Any]) -> None:
    """Add a device, or complete the one at the same address. Devices without an address never merge."""
    address = device.get("address")
    for known in devices if address is not None else ():
        if known.get("address") == address and known["vendor"] == device["vendor"]:
            usable = _usable(known.get("usable"), device.get("usable"))
            _fill(known, device)
            known["usable"] = usable
            if usable:
                known["why_not"] = None
            return
    devices.append(dict(device))


def _usable(one: bool | None, other: bool | None) -> bool | None:
    """A proof that it works wins; then a reason why it does not; then not knowing."""
    if one or other:
        return True
    return False if False in (one, other) else None
