"""A probe in words: what is there, what can be used, what nobody knows."""

from __future__ import annotations

from advisor.output.text import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


def text(found: Mapping[str, Any]) -> str:
    """Lines of at most 79 characters."""
    return "\n".join(line for row in _rows(found) for line in row) + "\n"


def _rows(found: Mapping[str, Any]) -> Iterator[list[str]]:
    yield from _machine(found["machine"])
    if not found["accelerators"]:
        yield wrap("No accelerator was found.")
    for device in found["accelerators"]:
        yield from _device(device)
    for target in found["targets"]:
        known = [target.get(k) for k in ("model", "state", "abi", "os_version")]
        yield wrap(
            f"Target {target['kind']}: {', '.join(str(v) for v in known if v) or 'nothing more is known'}",
            "",
            "  ",
        )
    for framework in found.get("frameworks", ()):
        yield from _framework(framework)
    for alternative, package in found.get("install", {}).items():
        release = f" {package['release']}" if package["release"] else ""
        if package["state"] == "yes":
            yield wrap(f"Install {alternative}{release}: {package['install'] or package['why']}", "", "  ")
        else:
            word = "not here" if package["state"] == "no" else "unknown"
            yield wrap(f"Install {alternative}: {word}: {package['why']}", "", "  ")
    for note in found["diagnostics"]:
        hint = f" {note['hint']}" if note.get("hint") else ""
        yield wrap(f"{note['level']} ({note['probe']}): {note['message']}{hint}", "", "  ")


def _machine(machine: Mapping[str, Any]) -> Iterator[list[str]]:
    cpu, python = machine.get("cpu") or {}, machine.get("python") or {}
    system = " ".join(
        str(v) for v in (machine.get("os"), machine.get("os_version"), machine.get("arch")) if v
    )
    inside = [name for name in ("container", "wsl") if machine.get(name)]
    yield wrap(f"System: {system or 'unknown'}{' in ' + ' and '.join(inside) if inside else ''}", "", "  ")
    parts = [cpu.get("model"), cpu.get("microarchitecture")]
    usable, total = cpu.get("cores_usable"), cpu.get("cores_total")
    cores = f"{_or_unknown(usable)} of {_or_unknown(total)} cores usable"
    yield wrap(f"Processor: {', '.join([str(p) for p in parts if p] + [cores])}", "", "  ")
    yield wrap(
        f"Memory: {_or_unknown(machine.get('memory_usable_mib'))} of {_or_unknown(machine.get('memory_mib'))} MiB usable"
    )
    if python:
        yield wrap(f"Python: {_or_unknown(python.get('version'))} {python.get('implementation') or ''}")


def _or_unknown(value: object) -> str:
    return "unknown" if value is None else str(value)


def _device(device: Mapping[str, Any]) -> Iterator[list[str]]:
    usable = {True: "usable", False: "not usable", None: "not known whether it is usable"}[
        device.get("usable")
    ]
    memory = device.get("memory_mib")
    parts = [
        device.get("model") or "model unknown",
        f"{memory} MiB{' shared with the system' if device.get('unified_memory') else ''}"
        if memory
        else None,
        f"driver {device['driver']}" if device.get("driver") else None,
        f"compute capability {device['compute_capability']}" if device.get("compute_capability") else None,
        device.get("gfx"),
        usable,
        device.get("why_not"),
    ]
    yield wrap(
        f"{device['kind'].upper()} {device['vendor']}: {', '.join(str(p) for p in parts if p)}", "", "  "
    )
    for alternative, support in (device.get("supported") or {}).items():
        why = f": {support['why']}" if support.get("why") else ""
        yield wrap(f"{alternative}: {support['state']}{why}", "  ", "    ")


def _framework(framework: Mapping[str, Any]) -> Iterator[list[str]]:
    name = f"{framework['alternative']} in {framework['interpreter']} (Python {_or_unknown(framework.get('python'))})"
    if framework.get("error"):
        yield wrap(f"{name}: {framework['error']}", "", "  ")
        return
    devices = [str(d.get("name") or d.get("kind")) for d in framework.get("devices") or ()]
    yield wrap(f"{name}: {framework['version']}, devices: {', '.join(devices) or 'none'}", "", "  ")
