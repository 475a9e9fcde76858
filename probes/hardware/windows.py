"""GPUs on Windows.

1. Registry, display class: names, drivers, 64-bit memory. 2. Registry, PCI tree: bus address, and which adapters run
now (the class keeps those that were taken out). 3. CIM (WMI) through PowerShell, when the registry leaves a doubt.
"""

from __future__ import annotations

import re
from typing import Any

from probes.hardware.windows_text import (
    VENDORS,
    Adapter,
    data,
    parse_cim,
    parse_class,
    parse_ids,
    parse_location,
    parse_reg,
)
from probes.reader import Reader
from probes.record import Found, accelerator, clean

CLASS = r"HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
PCI = r"HKLM\SYSTEM\CurrentControlSet\Enum\PCI"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
CIM = (
    "powershell",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    "Get-CimInstance Win32_VideoController | Select-Object Name,PNPDeviceID,AdapterRAM,DriverVersion,"
    "ConfigManagerErrorCode | ConvertTo-Json -Compress",
)
ADAPTERS_LIMIT = 16
INSTANCES_LIMIT = 64
PREFERRED = ("nvidia", "amd", "intel")


class _Registry:
    """`reg query`, until it does not answer in time once: then the registry is not asked again."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._late = False

    def __call__(self, key: str) -> str:
        if self._late:
            return ""
        done = self._reader.run(["reg", "query", key])
        self._late = done.error == "timed out"
        return done.stdout

    def below(self, key: str) -> list[str]:
        """Names of the keys directly below `key`."""
        depth = key.count("\\") + 1
        return [name.rsplit("\\", 1)[-1] for name in parse_reg(self(key)) if name.count("\\") == depth]


def detect(reader: Reader) -> Found:
    """Display adapters on the PCI bus of this Windows machine; nothing on other systems."""
    found = Found()
    if reader.platform != "windows":
        return found
    adapters, running, generic = _registry(_Registry(reader))
    if not adapters or generic or not all(adapter.instance in running for adapter in adapters):
        adapters = _checked(adapters, running, reader, found)
    for adapter in adapters[:INSTANCES_LIMIT]:
        vendor = VENDORS.get(adapter.vendor)
        if vendor is None:
            found.note("windows", "info", f"no GPU of a known vendor: PCI {adapter.vendor:04x}", None)
            continue
        more: dict[str, Any] = {"pci_id": f"{adapter.vendor:04x}:{adapter.device:04x}"}
        usable, why_not = None, None
        if (adapter.model or "").startswith("Microsoft "):
            # The card is there, under the driver that any display gets.
            usable, why_not = False, "Windows uses its basic display driver: install the vendor's"
            adapter = adapter._replace(model=None, driver=None, memory_mib=None)
        elif adapter.problem:
            usable, why_not = False, f"the device manager reports problem code {adapter.problem}"
        elif adapter.instance not in running and adapter.problem is None:
            why_not = "known to the registry; whether it runs is not known"
        driver = adapter.driver
        if vendor == "nvidia":
            more["windows_driver"], driver = driver, None
        found.accelerators.append(
            accelerator(
                vendor,
                "gpu",
                model=adapter.model,
                address=adapter.address,
                memory_mib=adapter.memory_mib,
                driver=driver,
                usable=usable,
                why_not=why_not,
                **{name: value for name, value in more.items() if value is not None},
            )
        )
    _facts(found)
    return found


def _registry(query: _Registry) -> tuple[list[Adapter], set[str], bool]:
    """Adapters of the display class with instance and address; the instances that run now; whether others are there.

    An adapter without its vendor's driver is in the class as `PCI\\CC_0300`, which does not tell what it is.
    """
    known: dict[str, Adapter] = {}
    generic = False
    for name in [name for name in query.below(CLASS) if re.fullmatch(r"[0-9]{4}", name)][:ADAPTERS_LIMIT]:
        text = query(rf"{CLASS}\{name}")
        known.update(parse_class(text))
        generic = generic or "PCI\\CC_03" in text.upper()
    wanted = {(adapter.vendor, adapter.device) for adapter in known.values()}
    services: set[str] = set()
    for parent in query.below(PCI) if known else ():
        if parse_ids("PCI\\" + parent) not in wanted:
            continue
        for child in query.below(rf"{PCI}\{parent}")[:INSTANCES_LIMIT]:
            values = next(iter(parse_reg(query(rf"{PCI}\{parent}\{child}")).values()), {})
            # "    Driver    REG_SZ    {4d36e968-e325-11ce-bfc1-08002be10318}\0000"
            guid, _, name = (data(values.get("driver")) or "").rpartition("\\")
            if name in known and guid.lower() == CLASS.rsplit("\\", 1)[-1]:
                known[name] = known[name]._replace(
                    instance=f"PCI\\{parent}\\{child}".upper(),
                    address=parse_location(data(values.get("locationinformation"))),
                )
                services.add(data(values.get("service")) or "")
    running: set[str] = set()
    for service in sorted(services):
        if re.fullmatch(r"[\w.-]{1,64}", service):
            # "    0    REG_SZ    PCI\VEN_10DE&DEV_1402...": written at every start, for devices that are there.
            for values in parse_reg(query(rf"{SERVICES}\{service}\Enum")).values():
                running.update((data(value) or "").upper() for value in values.values())
    return [adapter for _name, adapter in sorted(known.items())], running, generic


def _checked(adapters: list[Adapter], running: set[str], reader: Reader, found: Found) -> list[Adapter]:
    """The adapters that CIM confirms or that run; CIM's own rows where the registry gave none."""
    done = reader.run(CIM)
    rows = parse_cim(done.stdout)
    if rows is None:
        if done.error is not None or adapters:
            found.note(
                "windows", "warning", f"Win32_VideoController: {clean(done.error, 100) or 'no rows'}", None
            )
        alive = [adapter for adapter in adapters if adapter.instance in running]
        return alive or adapters
    result, adapters = [], list(adapters)
    for row in rows:
        match = [a for a in adapters if a.instance == row.instance] or [
            a for a in adapters if a.instance is None and (a.vendor, a.device) == (row.vendor, row.device)
        ]
        if match:
            adapters.remove(match[0])
            result.append(
                match[0]._replace(
                    problem=row.problem,
                    driver=match[0].driver or row.driver,
                    model=match[0].model or row.model,
                    memory_mib=match[0].memory_mib if match[0].memory_mib is not None else row.memory_mib,
                )
            )
        else:
            result.append(row)
    return result + [adapter for adapter in adapters if adapter.instance in running]


def _facts(found: Found) -> None:
    if not found.accelerators:
        return
    first = min(found.accelerators, key=lambda device: PREFERRED.index(device["vendor"]))
    found.facts["gpu.vendor"] = first["vendor"]
    for fact, name in (("gpu.memory_mib", "memory_mib"), ("gpu.driver", "driver")):
        if first[name] is not None:
            found.facts[fact] = first[name]
