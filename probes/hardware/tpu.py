"""Google TPU chips of a TPU VM. The metadata server is never asked.

1. PCI functions with Google's vendor id and the id of a TPU: on the bus and in the IOMMU groups of `/dev/vfio/<group>`.
2. Their device nodes, `/dev/accel<n>` (v2 to v4) or `/dev/vfio/<group>` (v5 and later), and the right to write to them.
3. Where sysfs is hidden: the nodes alone, if the environment says that this is a TPU machine.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from probes.hardware import pci
from probes.hardware.access import writable
from probes.reader import Reader
from probes.record import Found, accelerator, clean, whole

GOOGLE = 0x1AE0
"""Also the vendor of the network card and disks of every Google VM: only ids in `GENERATIONS` are TPUs."""
V2_OR_V3 = 0x0027
GENERATIONS: dict[int, str | None] = {
    V2_OR_V3: None,
    0x0056: None,
    0x005E: "v4",
    0x0062: "v5p",
    0x0063: "v5e",
    0x006F: "v6e",
    0x0076: "tpu7x",
    0x007C: None,
    0x0083: None,
}
"""PCI device id -> generation; None where the id has no public name or does not tell."""
SUBSYSTEMS = {0x004E: "v2", 0x004F: "v3"}
"""PCI subsystem device id, which tells v2 and v3 apart."""
NAMES = {"v5lite": "v5e", "v5litepod": "v5e", "v7x": "tpu7x"}
"""Other names of generations in accelerator types."""
DEVICES_LIMIT = 64
NODES_LIMIT = 1024

# v5litepod-16
_TYPE = re.compile(r"(v2|v3|v4|v5e|v5p|v5lite|v5litepod|v6e|v7x|tpu7x)-[0-9]{1,6}")
# 2,2,1
_BOUNDS = re.compile(r"[0-9]{1,4}(?:,[0-9]{1,4}){0,3}")


class Function(NamedTuple):
    """A PCI function of a TPU; a TPU7x chip has two. `node`: its device node, None when it has none."""

    address: str
    device: int
    driver: str | None
    generation: str | None
    node: str | None


def parse_accelerator_type(text: str | None) -> str | None:
    """The generation in a `TPU_ACCELERATOR_TYPE` such as `v5litepod-16`: v2, v3, v4, v5e, v5p, v6e, tpu7x or None."""
    found = _TYPE.fullmatch((text or "")[:40].strip().lower())
    return NAMES.get(found[1], found[1]) if found else None


def parse_bounds(text: str | None) -> int | None:
    """The number of processes in a `TPU_PROCESS_BOUNDS` such as `2,2,1`; None for anything else."""
    word = (text or "")[:40].strip()
    count = 1
    for side in word.split(",") if _BOUNDS.fullmatch(word) else ["0"]:
        count *= int(side)
    return count or None


def detect(reader: Reader) -> Found:
    """What TPUs this machine has. `tpu.chips` counts those with a node, or those on the bus where none has one."""
    found = Found()
    if reader.platform != "linux":
        return found
    said = parse_accelerator_type(reader.environ.get("TPU_ACCELERATOR_TYPE"))
    groups, accel = _numbered(reader, "/dev/vfio", ""), _numbered(reader, "/dev", "accel")
    loose = [f"/dev/{name}" for name in accel if reader.link(f"/sys/class/accel/{name}/device") is None]
    functions = _functions(reader, groups, accel, loose, said)
    for function in functions:
        found.accelerators.append(_record(reader, function, bool(loose)))
    generations = {f.generation for f in functions}
    exposed = sum(f.node is not None for f in functions)
    if not functions and said is not None:
        nodes = _unchecked(reader, groups, loose)
        exposed, generations = len(nodes), {said} if nodes else set()
        for node in nodes:
            refused = writable(reader, node) is False
            why = f"no permission for {node}" if refused else None
            usable = False if refused else None
            found.accelerators.append(
                accelerator("google", "tpu", model=_model(said), usable=usable, why_not=why)
            )
        if not nodes:
            found.note("tpu", "info", f"the environment names a TPU {said}, but none is seen here")
    if not found.accelerators:
        return found
    generation = generations.pop() if len(generations) == 1 else None
    if functions and said is not None and generation is not None and said != generation:
        found.note("tpu", "warning", f"the environment names a TPU {said}, the bus shows {generation}")
    found.facts["tpu.generation"] = generation
    found.facts["tpu.chips"] = _chips(generation, generations, exposed, len(functions))
    found.facts["tpu.processes"] = parse_bounds(reader.environ.get("TPU_PROCESS_BOUNDS"))
    found.facts = {name: value for name, value in found.facts.items() if value is not None}
    return found


def _chips(generation: str | None, others: set[str | None], exposed: int, functions: int) -> int | None:
    """Chips, from the functions that have a node or else from all; None when two functions may be one chip."""
    if generation == "tpu7x":
        return exposed // 2 if exposed and exposed % 2 == 0 else None
    return None if "tpu7x" in others else exposed or functions


def _functions(
    reader: Reader, groups: list[str], accel: list[str], loose: list[str], said: str | None
) -> list[Function]:
    """The functions of all TPUs, by address, with their nodes. `loose`: those `accel` that sysfs ties to nothing."""
    known = {d.address: d for d in pci.devices(reader) if d.vendor == GOOGLE and d.device in GENERATIONS}
    nodes: dict[str, str] = {}
    for group in groups:
        folder = f"/sys/kernel/iommu_groups/{group}/devices"
        for name in reader.names(folder)[:DEVICES_LIMIT]:
            where = pci.address(name)
            vendor = whole(reader.line(f"{folder}/{name}/vendor"))
            device = whole(reader.line(f"{folder}/{name}/device"))
            if where is not None and vendor == GOOGLE and device in GENERATIONS:
                # A bus that is hidden leaves the groups as the only sign.
                known.setdefault(where, pci.Device(where, vendor, device, None, None))
                nodes[where] = f"/dev/vfio/{group}"
    for name in accel:
        link = reader.link(f"/sys/class/accel/{name}/device")
        where = pci.address(link.rsplit("/", 1)[-1]) if link else None
        if where in known:
            nodes.setdefault(where, f"/dev/{name}")
    bare = [where for where in sorted(known) if where not in nodes]
    if len(loose) == len(bare):
        nodes.update(zip(bare, loose))
    result = []
    for where in sorted(known)[:DEVICES_LIMIT]:
        device = known[where].device
        assert device is not None
        generation = GENERATIONS[device]
        if device == V2_OR_V3:
            subsystem = whole(reader.line(f"{pci.SYSFS}/{where}/subsystem_device"))
            generation = SUBSYSTEMS.get(subsystem or 0, said if said in ("v2", "v3") else None)
        result.append(Function(where, device, known[where].driver, generation, nodes.get(where)))
    return result


def _record(reader: Reader, function: Function, loose: bool) -> dict[str, object]:
    """The accelerator of one function. `loose`: there are `/dev/accel<n>` that may belong to it."""
    usable, why = None, None
    if function.node is None:
        if function.driver is None:
            usable, why = False, "no device node: the driver is missing, or this container was not given it"
        elif not loose:
            usable, why = False, "no device node: not given to this container?"
    elif function.node.startswith("/dev/vfio/") and not reader.exists("/dev/vfio/vfio"):
        usable, why = False, "no /dev/vfio/vfio"
    else:
        usable = writable(reader, function.node)
        why = f"no permission for {function.node}" if usable is False else None
    model = _model(function.generation)
    if model is None and function.device == V2_OR_V3:
        model = "TPU v2 or v3"
    return accelerator(
        "google",
        "tpu",
        model=model,
        address=function.address,
        driver=clean(function.driver, 64),
        usable=usable,
        why_not=why,
        pci_id=f"{GOOGLE:04x}:{function.device:04x}",
    )


def _model(generation: str | None) -> str | None:
    return "TPU7x" if generation == "tpu7x" else f"TPU {generation}" if generation else None


def _numbered(reader: Reader, folder: str, prefix: str) -> list[str]:
    """Names that are `prefix` and a number: `/dev/accel` is a folder of other devices, `/dev/vfio/vfio` is no chip."""
    pattern = re.compile(prefix + "[0-9]{1,6}")
    return sorted((n for n in reader.names(folder) if pattern.fullmatch(n)), key=lambda n: (len(n), n))[
        :NODES_LIMIT
    ]


def _unchecked(reader: Reader, groups: list[str], loose: list[str]) -> list[str]:
    """Nodes of which sysfs does not say whose they are."""
    hidden = [g for g in groups if not reader.names(f"/sys/kernel/iommu_groups/{g}/devices")]
    return [*loose, *(f"/dev/vfio/{group}" for group in hidden)][:DEVICES_LIMIT]
