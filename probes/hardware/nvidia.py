"""NVIDIA GPUs: 1. the bus and the files of the driver, 2. NVML where nvidia-ml-py is installed, 3. `nvidia-smi`.

Present: on the bus, or listed by the driver. Usable: the driver answers for it and its nodes are there. The GPU of a
Jetson is left to `probes.hardware.jetson`, unless it has a bus address.
"""

from __future__ import annotations

import re
from typing import Any

from probes.hardware import nvidia_nvml, nvidia_smi, pci
from probes.hardware.nvidia_gpu import DEVICES_LIMIT, Gpu, version
from probes.reader import Reader
from probes.record import Found, accelerator, clean

VENDOR = 0x10DE
PROC = "/proc/driver/nvidia"
MODULE = "/sys/module/nvidia"
OTHER_DRIVERS = {
    "nouveau": "the nouveau driver, which has no CUDA, holds it",
    "nova": "the nova driver, which has no CUDA, holds it",
    "vfio-pci": "it is reserved for a virtual machine (vfio-pci)",
}

# NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.199.02  Thu May 11 11:46:56 UTC 2023
# NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  565.57.01  Release Build  (dvs-builder@...)  Thu Oct 10 ...
_NVRM = re.compile(
    r"^NVRM version: [^\n]{0,120}?Kernel Module(?: for [A-Za-z0-9_]{1,20})? {1,8}([0-9.]{3,20}) "
)
# Model: 		 NVIDIA GeForce RTX 3090
_MODEL = re.compile(r"^Model:[ \t]{1,20}([^\n]{1,200})$", re.M)


def parse_version(text: str) -> str | None:
    """Driver version in `/proc/driver/nvidia/version`."""
    match = _NVRM.match(text[:1000] + " ")
    return version(match[1]) if match else None


def parse_model(text: str) -> str | None:
    """Product name in `/proc/driver/nvidia/gpus/*/information`; None while the driver has not started the GPU."""
    match = _MODEL.search(text[:4000])
    return clean(match[1]) if match else None


def detect(reader: Reader) -> Found:
    """NVIDIA GPUs of Linux, WSL 2 and Windows."""
    found = Found()
    if reader.platform not in ("linux", "windows"):
        return found
    machine = _Machine(reader)
    if not machine.has_sign:
        return found
    gpus = nvidia_nvml.gpus(reader)
    answer = nvidia_smi.Answer(bool(gpus), gpus, {}, None) if gpus else nvidia_smi.ask(reader)
    if machine.on_tegra:
        answer = answer._replace(gpus=[gpu for gpu in answer.gpus if gpu.address is not None])
    listed = {gpu.address for gpu in answer.gpus if gpu.address is not None}
    for gpu in answer.gpus:
        found.accelerators.append(_answered(gpu, machine))
    for device in [d for d in machine.devices if d.address not in listed][:DEVICES_LIMIT]:
        found.accelerators.append(_unanswered(device, machine, answer))
    for address, reason in answer.failed.items():
        if address not in listed and all(d.address != address for d in machine.devices):
            why = f"the driver cannot open it: {reason}"
            found.accelerators.append(
                _record(address=address, driver=machine.driver, usable=False, why_not=why)
            )
    if answer.problem is not None and (found.accelerators or not machine.on_tegra):
        found.note("nvidia", "warning", answer.problem.why, answer.problem.hint)
    if found.accelerators and reader.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        hint = "unset CUDA_VISIBLE_DEVICES"
        found.note("nvidia", "warning", "CUDA_VISIBLE_DEVICES hides every GPU from frameworks", hint)
    found.accelerators = found.accelerators[:DEVICES_LIMIT]
    found.facts = _facts(found.accelerators)
    return found


class _Machine:
    """What the bus and the files say, without a vendor program."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.on_linux = reader.platform == "linux"
        devices = pci.devices(reader) if self.on_linux else []
        self.devices = [d for d in devices if d.vendor == VENDOR and d.is_display][:DEVICES_LIMIT]
        self.on_wsl = self.on_linux and reader.exists("/dev/dxg")
        self.driver: str | None = None
        self.has_node = self.has_module = False
        if self.on_linux:
            self.driver = version(reader.line(f"{MODULE}/version")) or parse_version(
                reader.text(f"{PROC}/version") or ""
            )
            self.has_node = reader.exists("/dev/nvidiactl") or reader.exists("/dev/nvidia0")
            self.has_module = self.driver is not None or any(d.driver == "nvidia" for d in self.devices)
        self.on_tegra = self.on_linux and "nvidia,tegra" in (
            reader.text("/proc/device-tree/compatible") or ""
        )

    @property
    def has_sign(self) -> bool:
        """Whether asking a vendor program is worth its time; Windows has no cheap sign."""
        return not self.on_linux or bool(self.devices) or self.on_wsl or self.has_node or self.has_module

    def model(self, address: str) -> str | None:
        return parse_model(self.reader.text(f"{PROC}/gpus/{address}/information") or "")


def _record(**values: Any) -> dict[str, Any]:
    return accelerator("nvidia", "gpu", **{k: v for k, v in values.items() if v is not None})


def _answered(gpu: Gpu, machine: _Machine) -> dict[str, Any]:
    """A GPU for which the driver answered."""
    usable: bool | None = True
    why = None
    if gpu.mig and gpu.mig_memory_mib == ():
        usable, why = False, "MIG is enabled and no MIG device exists"
    elif machine.on_linux and not machine.on_wsl and not machine.reader.exists("/dev/nvidia-uvm"):
        usable, why = None, "the node /dev/nvidia-uvm, which CUDA needs, does not exist yet"
    slices = gpu.mig_memory_mib if gpu.mig else ()
    mig = {"enabled": gpu.mig, "memory_mib": None if slices is None else list(slices)}
    pci_id = next((_pci_id(d) for d in machine.devices if d.address == gpu.address), None)
    return _record(
        model=gpu.name,
        address=gpu.address,
        memory_mib=gpu.memory_mib,
        unified_memory=gpu.unified,
        driver=gpu.driver or machine.driver,
        cuda=gpu.cuda,
        compute_capability=gpu.compute_capability,
        arch=gpu.arch,
        pci_id=pci_id or gpu.pci_id,
        mig=None if gpu.mig is None else mig,
        usable=usable,
        why_not=why,
    )


def _pci_id(device: pci.Device) -> str | None:
    return None if device.device is None else f"{device.vendor:04x}:{device.device:04x}"


def _unanswered(device: pci.Device, machine: _Machine, answer: nvidia_smi.Answer) -> dict[str, Any]:
    """A GPU on the bus for which the driver did not answer."""
    usable: bool | None = False
    if device.driver in OTHER_DRIVERS:
        why = OTHER_DRIVERS[device.driver]
    elif device.address in answer.failed:
        why = f"the driver cannot open it: {answer.failed[device.address]}"
    elif answer.gpus:
        why = "the driver does not list it: it has failed, or this container was not given it"
    elif not machine.has_module:
        why = "no NVIDIA driver is loaded"
    elif answer.problem is not None:
        why = answer.problem.why
        usable = None if answer.problem.status == "no-answer" else False
    elif not machine.has_node:
        why = "the driver is loaded and there is no node /dev/nvidiactl (a container without GPUs?)"
    else:
        usable, why = None, "the driver is loaded and nvidia-smi, which could prove it, gave no answer"
    ours = device.driver not in OTHER_DRIVERS
    return _record(
        model=machine.model(device.address) if ours else None,
        address=device.address,
        driver=machine.driver if ours else None,
        pci_id=_pci_id(device),
        usable=usable,
        why_not=why,
    )


def _facts(devices: list[dict[str, Any]]) -> dict[str, Any]:
    """Facts of the GPU that a framework would rather use: the usable one with most memory."""
    if not devices:
        return {}
    order = {True: 2, None: 1, False: 0}
    best = max(devices, key=lambda d: (order[d["usable"]], d["memory_mib"] or 0))
    mig = best.get("mig") or {}
    # A process sees one MIG device, never the sum.
    slices = [mib for mib in mig.get("memory_mib") or () if mib]
    memory = max(slices, default=None) if mig.get("enabled") else best["memory_mib"]
    facts = {
        "gpu.vendor": "nvidia",
        "gpu.compute_capability": best.get("compute_capability"),
        "gpu.driver": best["driver"],
        "gpu.memory_mib": memory,
        "cuda.driver_version": best.get("cuda"),
    }
    return {name: value for name, value in facts.items() if value is not None}
