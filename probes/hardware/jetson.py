"""The GPU of an NVIDIA Jetson: 1. device tree, 2. `/etc/nv_tegra_release`, 3. device nodes, 4. `nvidia-smi` (JetPack 6 on).

Its memory is that of the system. Boards of other makers with a Tegra chip have the GPU and are no Jetson.
"""

from __future__ import annotations

import re
from typing import Any

from probes.hardware import nvidia_smi, pci
from probes.hardware.access import writable
from probes.hardware.nvidia_gpu import Gpu
from probes.reader import Reader
from probes.record import Found, accelerator, clean, target

TREE = "/proc/device-tree"
RELEASE = "/etc/nv_tegra_release"
NODES = ("/dev/nvhost-ctrl-gpu", "/dev/nvhost-gpu", "/dev/nvgpu/igpu0", "/dev/nvgpu/igpu0/ctrl")
THOR, THOR_NODES = "tegra264", ("/dev/nvidia0",)
CAPABILITIES = {
    "tegra124": "3.2",
    "tegra210": "5.3",
    "tegra186": "6.2",
    "tegra194": "7.2",
    "tegra234": "8.7",
    # CUDA 12 calls it 10.1 and CUDA 13 calls it 11.0: the driver must say.
    THOR: None,
}
"""Compute capability of each chip that has CUDA (developer.nvidia.com/cuda-gpus), by the id in the device tree."""

# nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0nvidia,tegra23x\0
_SOC = re.compile(r"nvidia,(tegra[0-9]{2,3})(?![0-9x])")
_BOARD = re.compile(r"nvidia,(?:jetson|p[0-9]{4})")
# # R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64, DATE: Sat Feb 19 17:05:08 UTC 2022
_RELEASE = re.compile(r"# R([0-9]{2,3}) \(release\), REVISION: ([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})(?![0-9.])")
_ABI = re.compile(r"EABI: (aarch64|hard float)")


def parse_compatible(text: str) -> tuple[str | None, bool]:
    """The Tegra chip with CUDA in `compatible`, and whether the board is one of NVIDIA's."""
    shown = text[:4096]
    chips = [chip for chip in _SOC.findall(shown) if chip in CAPABILITIES]
    return (chips[0] if chips else None), _BOARD.search(shown) is not None


def parse_release(text: str) -> tuple[str | None, str | None]:
    """Version of Jetson Linux, such as 32.7.1, and the architecture of its programs, in `/etc/nv_tegra_release`."""
    release, abi = _RELEASE.search(text[:1000]), _ABI.search(text[:1000])
    return (
        f"{release[1]}.{release[2]}" if release else None,
        {"aarch64": "aarch64", "hard float": "armhf"}[abi[1]] if abi else None,
    )


def detect(reader: Reader) -> Found:
    """The GPU inside the chip, and the board as a target."""
    found = Found()
    if reader.platform != "linux":
        return found
    chip, is_board = parse_compatible(reader.text(f"{TREE}/compatible") or "")
    text = reader.text(RELEASE)
    nodes = THOR_NODES if chip == THOR else NODES
    node = next((path for path in nodes if reader.exists(path)), None)
    # A container image for another architecture brings the release file along; a container hides the device tree.
    if chip is None and not (text is not None and node is not None):
        return found
    release, abi = parse_release(text or "")
    model = clean(reader.line(f"{TREE}/model"))
    answer = nvidia_smi.ask(reader)
    own = [gpu for gpu in answer.gpus if gpu.address is None or gpu.unified]
    gpu = own[0] if own else Gpu()
    capability = gpu.compute_capability or CAPABILITIES.get(chip or "")
    usable, why = (True, None) if own else _unproved(reader, node, answer)
    more: dict[str, Any] = {"cuda": gpu.cuda, "compute_capability": capability, "soc": chip, "l4t": release}
    found.accelerators.append(
        accelerator(
            "nvidia",
            "gpu",
            model=gpu.name or model,
            address=gpu.address or _address(reader, chip),
            unified_memory=True,
            driver=gpu.driver,
            usable=usable,
            why_not=why,
            **{name: value for name, value in more.items() if value is not None},
        )
    )
    if is_board or text is not None or "jetson" in (model or "").lower():
        known = {"soc": chip} if chip else {}
        found.targets.append(target("sbc", model=model, abi=abi, os_version=release, **known))
    facts = {
        "gpu.vendor": "nvidia",
        "gpu.compute_capability": capability,
        "gpu.driver": gpu.driver,
        "cuda.driver_version": gpu.cuda,
        "jetson.soc": chip,
        "jetson.l4t": release,
    }
    found.facts = {name: value for name, value in facts.items() if value is not None}
    return found


def _unproved(reader: Reader, node: str | None, answer: nvidia_smi.Answer) -> tuple[bool | None, str | None]:
    """Whether the GPU is usable, and why not, when `nvidia-smi` is not there (JetPack 5) or does not list it."""
    if answer.problem is not None and answer.problem.status == "no-permission":
        return False, answer.problem.why
    if node is None:
        return False, "it has no device node: the driver is not loaded, or this container was not given it"
    if writable(reader, node) is False:
        return False, f"no permission to use {node}: add this user to the group video"
    return None, "the driver is loaded, and nothing here can prove that it works"


def _address(reader: Reader, chip: str | None) -> str | None:
    """The bus address of the GPU of a Thor chip, which is on its own PCI bus; older chips have none."""
    if chip != THOR:
        return None
    own = [d.address for d in pci.devices(reader) if d.vendor == 0x10DE and d.is_display]
    return own[0] if len(own) == 1 else None
