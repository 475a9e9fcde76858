"""What a detector returns: parts of a probe's JSON, as plain data."""

from __future__ import annotations

from typing import Any

TEXT_LIMIT = 200


def clean(text: str | None, limit: int = TEXT_LIMIT) -> str | None:
    """Foreign text on one line without control characters, at most `limit` characters; None for nothing or "N/A"."""
    if text is None:
        return None
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    shown = " ".join(shown.split())[:limit].strip()
    return (
        None
        if shown.strip("[]").lower() in ("", "n/a", "unknown", "none", "not supported", "null")
        else shown
    )


def whole(text: str | None) -> int | None:
    """A decimal or `0x` integer of at most 18 digits, else None."""
    word = (text or "")[:40].strip().lower()
    based = word.startswith("0x")
    digits = word[2:] if based else word
    if not 0 < len(digits) <= 18 or not set(digits) <= set("0123456789abcdef" if based else "0123456789"):
        return None
    return int(digits, 16 if based else 10)


class Found:
    """What one detector found. Every list and mapping may stay empty; a value that is not known is None or absent.

    `machine`: parts of the machine record. `accelerators`, `targets`: records made by `accelerator` and `target`.
    `facts`: flat names that conditions in rules may use. `diagnostics`: made by `note`.
    """

    def __init__(self) -> None:
        self.machine: dict[str, Any] = {}
        self.accelerators: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.diagnostics: list[dict[str, Any]] = []

    def note(self, probe: str, level: str, message: str, hint: str | None = None) -> None:
        """Keep a diagnostic; `level` is info, warning or error. At most 100 characters of foreign text each, please."""
        self.diagnostics.append({"probe": probe, "level": level, "message": message, "hint": hint})

    def to_dict(self) -> dict[str, Any]:
        """The parts as JSON data."""
        return {
            "machine": self.machine,
            "accelerators": self.accelerators,
            "targets": self.targets,
            "facts": self.facts,
            "diagnostics": self.diagnostics,
        }


def accelerator(
    vendor: str,
    kind: str,
    *,
    model: str | None = None,
    address: str | None = None,
    memory_mib: int | None = None,
    unified_memory: bool | None = None,
    driver: str | None = None,
    present: bool = True,
    usable: bool | None = None,
    why_not: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One accelerator. `kind`: gpu, tpu or npu. `address`: PCI `0000:01:00.0` in lower case, or a USB path.

    `present` (on a bus), `usable` (driver, node, permission, library; None: not known) and what a framework supports
    are three separate answers; the last one is not decided here. `more`: cuda, rocm, compute_capability, gfx, mig,
    pci_id, arch ... only when known.
    """
    record: dict[str, Any] = {
        "vendor": vendor,
        "kind": kind,
        "model": model,
        "address": address,
        "memory_mib": memory_mib,
        "unified_memory": unified_memory,
        "driver": driver,
    }
    record.update(more)
    record.update({"present": present, "usable": usable, "why_not": why_not})
    return record


def target(
    kind: str,
    *,
    model: str | None = None,
    state: str | None = None,
    abi: str | None = None,
    os_version: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One attached or embedded target: `kind` android, ios, edge_tpu, microcontroller or sbc."""
    return {"kind": kind, "model": model, "state": state, "abi": abi, "os_version": os_version, **more}
