"""The XML of `nvidia-smi -q -x`, read without a tree: nothing is expanded or loaded."""

from __future__ import annotations

import re
from xml.parsers import expat

from probes.hardware import pci
from probes.hardware.nvidia_gpu import DEVICES_LIMIT, Gpu, memory, short_version, version
from probes.record import clean

TEXT_LIMIT = 4 * 1024 * 1024
"""Characters that are parsed; eight GPUs with MIG give about 0.3 million."""
DEPTH_LIMIT = 32


class _Refused(Exception):
    """XML that no `nvidia-smi` writes."""


class _Log:
    """Collects GPUs from `nvidia-smi -q -x` as its elements end."""

    def __init__(self) -> None:
        self.gpus: list[Gpu] = []
        self.top: dict[str, str] = {}
        self._path: list[str] = []
        self._words: list[str] = []
        self._id = ""
        self._values: dict[str, str] = {}
        self._slices: list[int | None] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name[:100])
        if len(self._path) > DEPTH_LIMIT:
            raise _Refused
        self._words = []
        if self._path == ["nvidia_smi_log", "gpu"]:
            self._id, self._values, self._slices = attributes.get("id", ""), {}, []

    def words(self, text: str) -> None:
        if len(self._words) < 64:
            self._words.append(text[:400])

    def end(self, name: str) -> None:
        where = "/".join(self._path[1:])
        text = "".join(self._words).strip()
        self._path.pop()
        self._words = []
        if where == "gpu":
            self._finish()
        elif where == "gpu/mig_devices/mig_device":
            if len(self._slices) < DEVICES_LIMIT:
                self._slices.append(memory(self._values.pop("gpu/mig_devices/mig_device/total", None))[0])
        elif where == "gpu/mig_devices/mig_device/fb_memory_usage/total":
            self._values["gpu/mig_devices/mig_device/total"] = text
        else:
            values, limit = (self._values, 4096) if where.startswith("gpu/") else (self.top, 64)
            if len(values) < limit:
                values.setdefault(where, text)

    def _finish(self) -> None:
        if len(self.gpus) >= DEVICES_LIMIT:
            return
        value = self._values.get
        mib, unified = memory(value("gpu/fb_memory_usage/total"))
        mig = {"enabled": True, "disabled": False}.get(value("gpu/mig_mode/current_mig", "").lower())
        # 20B210DE: device, then vendor
        ids = value("gpu/pci/pci_device_id", "")
        known_id = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{4})(10[dD][eE])", ids[:20])
        self.gpus.append(
            Gpu(
                name=clean(value("gpu/product_name")),
                address=pci.address(self._id) or pci.address(value("gpu/pci/pci_bus_id", "")),
                memory_mib=mib,
                unified=None if mig and unified else unified,
                driver=version(self.top.get("driver_version")),
                cuda=short_version(self.top.get("cuda_version")),
                arch=clean(value("gpu/product_architecture"), 60),
                pci_id=f"10de:{known_id[1].lower()}" if known_id else None,
                mig=mig,
                mig_memory_mib=tuple(self._slices) if mig else None,
            )
        )


def parse_xml(text: str) -> list[Gpu]:
    """GPUs in the output of `nvidia-smi -q -x`; those that are whole when it breaks off.

    Nothing is expanded or loaded: a document that declares an entity is refused, and so is one that nests deeply.
    """
    begin = text[: 1 << 16].find("<?xml")
    begin = text[: 1 << 16].find("<nvidia_smi_log") if begin < 0 else begin
    if begin < 0 or len(text) > TEXT_LIMIT:
        return []
    log = _Log()

    def refuse(*_: object) -> None:
        raise _Refused

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = log.start
    parser.EndElementHandler = log.end
    parser.CharacterDataHandler = log.words
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text[begin:].encode("utf-8", "replace"), True)
    except _Refused:
        return []
    except (expat.ExpatError, ValueError):
        pass
    return log.gpus
