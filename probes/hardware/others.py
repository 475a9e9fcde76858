"""Accelerators for data centres, by presence: Huawei Ascend, AWS Neuron, Intel Gaudi.

1. PCI. 2. Device nodes, where the bus does not show the device. 3. `neuron-ls`, only when a Neuron device is there.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from probes.hardware import loose_json, pci
from probes.reader import Reader
from probes.record import Found, accelerator

ACCELERATOR_CLASS = 0x1200
HUAWEI, AMAZON, HABANA = 0x19E5, 0x1D0F, 0x1DA3
# The bus name is all that is said: https://pci-ids.ucw.cz
GAUDI = {0x1000: "Gaudi", 0x1020: "Gaudi2", 0x1060: "Gaudi3"}
NEURON = (0x7064, 0x7065, 0x7066, 0x7067, 0x7164, 0x7264, 0x7364)
NEURON_LS = ("/opt/aws/neuron/bin/neuron-ls", "--json-output")
DEVICES_LIMIT = 64


class NeuronDevice(NamedTuple):
    """One row of neuron-ls; None where it says nothing. `memory_mib`: device memory in MiB."""

    number: int | None
    address: str | None
    cores: int | None
    memory_mib: int | None


def parse_neuron_ls(text: str) -> list[NeuronDevice]:
    """Devices in the output of `neuron-ls --json-output`: a list, or a list under `neuron_devices`.

    Lines around the JSON are ignored.
    """
    data = loose_json.parse(text)
    rows = data.get("neuron_devices") if isinstance(data, dict) else data
    found = [
        NeuronDevice(_count(row, "neuron_device"), _address(row), _count(row, "nc_count"), _mib(row))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and "neuron_device" in row
    ]
    return found[:DEVICES_LIMIT]


def _count(row: dict[str, Any], name: str) -> int | None:
    value = row.get(name)
    return value if type(value) is int and 0 <= value < 1 << 60 else None


def _address(row: dict[str, Any]) -> str | None:
    value = row.get("bdf")
    return pci.address(value) if isinstance(value, str) else None


def _mib(row: dict[str, Any]) -> int | None:
    # "memory_size": 34359738368 is bytes; a count of MiB or GiB would be far smaller.
    size = _count(row, "memory_size")
    return size >> 20 if size is not None and size >= 1 << 30 else None


def parse_nodes(names: list[str], pattern: str) -> list[str]:
    """The device nodes in a folder whose whole name matches, by number; `davinci_manager` is none of `davinci[0-9]+`."""
    found = [name for name in names if re.fullmatch(pattern, name)]
    return sorted(found, key=lambda name: (len(name), name))[:DEVICES_LIMIT]


def detect(reader: Reader) -> Found:
    """Accelerators that are there; whether a framework could use them is not known unless no node exists."""
    found = Found()
    if reader.platform != "linux":
        return found
    devices = pci.devices(reader)
    nodes = reader.names("/dev")
    ascend = [d for d in devices if d.vendor == HUAWEI and d.klass == ACCELERATOR_CLASS]
    _add(found, "huawei", "Ascend", ascend, parse_nodes(nodes, r"davinci[0-9]{1,4}"), {})
    gaudi = [
        d
        for d in devices
        if d.driver == "habanalabs" or (d.vendor == HABANA and d.klass == ACCELERATOR_CLASS)
    ]
    old = parse_nodes(nodes, r"hl[0-9]{1,4}")
    # /dev/accel is shared with NPUs: without a Gaudi on the bus its nodes prove nothing.
    new = parse_nodes(reader.names("/dev/accel"), r"accel[0-9]{1,4}") if gaudi else []
    _add(found, "intel", "Gaudi", gaudi, old or new, {})
    neuron = [d for d in devices if d.vendor == AMAZON and (d.driver == "neuron" or d.device in NEURON)]
    chips = parse_nodes(nodes, r"neuron[0-9]{1,4}")
    if neuron or chips:
        _neuron(reader, found, neuron, chips)
    if found.accelerators:
        found.facts["npu.vendor"] = found.accelerators[0]["vendor"]
    return found


def _neuron(reader: Reader, found: Found, devices: list[pci.Device], nodes: list[str]) -> None:
    done = reader.run(NEURON_LS)
    rows = parse_neuron_ls(done.stdout)
    if not rows:
        why = done.error or "no device in its output"
        found.note(
            "others", "info", f"neuron-ls: {why[:100]}", "install aws-neuronx-tools for memory and cores"
        )
    if not devices and rows and all(row.address for row in rows):
        devices = [pci.Device(row.address or "", AMAZON, None, None, None) for row in rows]
    _add(found, "aws", "Neuron", devices, nodes, {row.address: row for row in rows if row.address})


def _add(
    found: Found,
    vendor: str,
    model: str,
    devices: list[pci.Device],
    nodes: list[str],
    rows: dict[str, NeuronDevice],
) -> None:
    """One record per PCI function; where the bus shows none, one per device node."""
    if devices:
        for device in devices[:DEVICES_LIMIT]:
            more: dict[str, Any] = {}
            if device.vendor is not None and device.device is not None:
                more["pci_id"] = f"{device.vendor:04x}:{device.device:04x}"
            row = rows.get(device.address)
            if row is not None and row.cores is not None:
                more["cores"] = row.cores
            found.accelerators.append(
                accelerator(
                    vendor,
                    "npu",
                    model=GAUDI.get(device.device or 0, model) if vendor == "intel" else model,
                    address=device.address,
                    memory_mib=row.memory_mib if row is not None else None,
                    driver=device.driver,
                    usable=None if nodes else False,
                    why_not=None if nodes else "no device node: no driver, or not passed into this container",
                    **more,
                )
            )
        return
    for _node in nodes:
        found.accelerators.append(accelerator(vendor, "npu", model=model))
