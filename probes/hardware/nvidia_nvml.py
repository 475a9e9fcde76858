"""NVIDIA GPUs by NVML, where the package nvidia-ml-py is installed; it is optional."""

from __future__ import annotations

import threading
from typing import Any

from probes.hardware import pci
from probes.hardware.nvidia_gpu import DEVICES_LIMIT, Gpu, short_version, version
from probes.reader import TIMEOUT_S, Live, Reader
from probes.record import clean


def gpus(reader: Reader) -> list[Gpu]:
    """GPUs by NVML, within the time of a command; empty where nvidia-ml-py is missing or NVML does not answer.

    Only for this machine itself: a recording has no NVML, and what NVML says would be missing in one.
    """
    if type(reader) is not Live:
        return []
    found: list[Gpu] = []
    done = threading.Event()

    def work() -> None:
        try:
            import pynvml  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except Exception:
            return
        try:
            pynvml.nvmlInit()
            try:
                found.extend(_gpus(pynvml))
            finally:
                pynvml.nvmlShutdown()
            done.set()
        except Exception:
            # Every failure of the library is told by nvidia-smi, in words.
            return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    return list(found) if done.is_set() else []


def _gpus(nvml: Any) -> list[Gpu]:
    def ask(name: str, *arguments: object) -> Any:
        try:
            return getattr(nvml, name)(*arguments)
        except Exception:
            # A value that this driver or GPU does not have, or a function that this binding does not have.
            return None

    def text(value: object) -> str | None:
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else None

    cuda = ask("nvmlSystemGetCudaDriverVersion_v2") or ask("nvmlSystemGetCudaDriverVersion")
    driver = version(text(ask("nvmlSystemGetDriverVersion")))
    found = []
    for index in range(min(int(nvml.nvmlDeviceGetCount()), DEVICES_LIMIT)):
        handle = ask("nvmlDeviceGetHandleByIndex", index)
        if handle is None:
            continue
        bus = ask("nvmlDeviceGetPciInfo", handle)
        capability = ask("nvmlDeviceGetCudaComputeCapability", handle)
        mode = ask("nvmlDeviceGetMigMode", handle)
        mig = None if mode is None else bool(mode[0])
        mib, unified = _memory(nvml, handle)
        found.append(
            Gpu(
                name=clean(text(ask("nvmlDeviceGetName", handle))),
                address=pci.address(text(getattr(bus, "busId", None)) or ""),
                memory_mib=mib,
                unified=None if mig and unified else unified,
                driver=driver,
                compute_capability=short_version(f"{capability[0]}.{capability[1]}") if capability else None,
                # 12020: 12.2
                cuda=short_version(f"{cuda // 1000}.{cuda % 1000 // 10}") if isinstance(cuda, int) else None,
                mig=mig,
                mig_memory_mib=_slices(nvml, handle) if mig else None,
            )
        )
    return found


def _memory(nvml: Any, handle: object) -> tuple[int | None, bool | None]:
    try:
        mib = int(nvml.nvmlDeviceGetMemoryInfo(handle).total) // 1048576
    except Exception as problem:
        return None, True if type(problem).__name__ == "NVMLError_NotSupported" else None
    return (mib, False) if mib > 0 else (None, None)


def _slices(nvml: Any, handle: object) -> tuple[int | None, ...] | None:
    """Memory of each MIG device; None when they cannot be counted."""
    found = []
    try:
        for index in range(min(int(nvml.nvmlDeviceGetMaxMigDeviceCount(handle)), DEVICES_LIMIT)):
            try:
                device = nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)
            except Exception as problem:
                if type(problem).__name__ == "NVMLError_NotFound":
                    continue
                return None
            found.append(_memory(nvml, device)[0])
    except Exception:
        return None
    return tuple(found)
