"""What an imported framework says about its build and the devices it can use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from probes.record import clean

DEVICES_LIMIT = 64
ARCHITECTURES_LIMIT = 64


def torch_build(torch: Any) -> dict[str, Any]:
    """What PyTorch is, which devices it can use, and why not others."""
    versions = getattr(torch, "version", None)
    cuda, rocm, xpu = (_text(getattr(versions, key, None)) for key in ("cuda", "hip", "xpu"))
    notes: list[str] = []
    devices = [_device("cpu", 0)]
    gpu = "rocm" if rocm else "cuda"
    metal = _ask(lambda: torch.backends.mps.is_built(), notes, "mps") is True
    if cuda or rocm:
        if _ask(lambda: torch.cuda.is_available(), notes, gpu):
            devices += _each(torch.cuda, gpu, notes)
        else:
            _ask(lambda: torch.cuda.init(), notes, gpu)
    if xpu and _ask(lambda: torch.xpu.is_available(), notes, "xpu"):
        devices += _each(torch.xpu, "xpu", notes)
    if metal and _ask(lambda: torch.backends.mps.is_available(), notes, "mps"):
        devices.append(_device("mps", 0))
    architectures = _ask(lambda: torch.cuda.get_arch_list(), notes, gpu) if cuda or rocm else None
    return {
        "version": _text(getattr(torch, "__version__", None)),
        "build": {
            "cuda": cuda,
            "rocm": rocm,
            "cpu_only": not (cuda or rocm or xpu or metal),
            "architectures": _texts(architectures),
        },
        "devices": devices[:DEVICES_LIMIT],
        "notes": notes,
    }


def _each(module: Any, kind: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    """The devices of `torch.cuda` or `torch.xpu`."""
    count = _ask(lambda: module.device_count(), notes, kind)
    for index in range(min(count, DEVICES_LIMIT) if isinstance(count, int) else 0):
        facts = _ask(lambda: module.get_device_properties(index), notes, kind)  # noqa: B023
        device = _device(kind, index, _text(getattr(facts, "name", None)))
        size = getattr(facts, "total_memory", None)
        if isinstance(size, int) and 0 < size < 1 << 60:
            device["memory_mib"] = size >> 20
        if kind == "cuda":
            device["compute_capability"] = _capability(
                (getattr(facts, "major", None), getattr(facts, "minor", None))
            )
        elif kind == "rocm":
            # gfx90a:sramecc+:xnack-
            device["gfx"] = (_text(getattr(facts, "gcnArchName", None)) or "").split(":")[0] or None
        yield device


TENSORFLOW_KINDS = {"CPU": "cpu", "TPU": "tpu", "XPU": "xpu"}


def tensorflow_build(tensorflow: Any) -> dict[str, Any]:
    """What TensorFlow is, which devices it can use, and why not others. It does not say how much memory they have."""
    notes: list[str] = []
    info = _ask(lambda: dict(tensorflow.sysconfig.get_build_info()), notes, "build") or {}
    cuda = _text(info.get("cuda_version")) if info.get("is_cuda_build") else None
    rocm = _text(info.get("rocm_version")) if info.get("is_rocm_build") else None
    gpu = "mps" if sys.platform == "darwin" else "rocm" if info.get("is_rocm_build") else "cuda"
    devices = []
    metal = False
    counts: dict[str, int] = {}
    for found in (_ask(lambda: list(tensorflow.config.list_physical_devices()), notes, "devices") or [])[
        :DEVICES_LIMIT
    ]:
        word = _text(getattr(found, "device_type", None))
        kind = gpu if word == "GPU" else TENSORFLOW_KINDS.get(word or "")
        if kind is None:
            continue
        device = _device(kind, counts.get(kind, 0))
        counts[kind] = device["index"] + 1
        if word == "GPU":
            metal = metal or kind == "mps"
            details = _ask(
                lambda: dict(tensorflow.config.experimental.get_device_details(found)),  # noqa: B023
                notes,
                kind,
            )
            device["name"] = _text((details or {}).get("device_name"))
            if kind == "cuda":
                device["compute_capability"] = _capability((details or {}).get("compute_capability"))
        devices.append(device)
    known = "is_cuda_build" in info
    return {
        "version": _text(getattr(tensorflow, "__version__", None)),
        "build": {
            "cuda": cuda,
            "rocm": rocm,
            "cpu_only": not (info.get("is_cuda_build") or info.get("is_rocm_build") or metal)
            if known
            else None,
            "architectures": _texts(info.get("cuda_compute_capabilities")),
        },
        "devices": devices,
        "notes": notes,
    }


LOOK: dict[str, Callable[[Any], dict[str, Any]]] = {"torch": torch_build, "tensorflow": tensorflow_build}


def _device(kind: str, index: int, name: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "name": name, "index": index, "memory_mib": None, "compute_capability": None}


def _ask(question: Callable[[], Any], notes: list[str], about: str) -> Any:
    """The answer, or None and a note: a device that fails must not take the others with it."""
    try:
        return question()
    except Exception as problem:
        note = clean(f"{about}: {type(problem).__name__}: {problem}", 300)
        if note is not None and note not in notes and len(notes) < 8:
            notes.append(note)
        return None


def _capability(pair: Any) -> str | None:
    """(9, 0) -> "9.0"."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return None
    if any(type(part) is not int or not 0 <= part < 100 for part in pair):
        return None
    return f"{pair[0]}.{pair[1]}"


def _text(value: Any) -> str | None:
    return clean(str(value)) if isinstance(value, str) else None


def _texts(values: Any) -> list[str] | None:
    """A list of short texts; None when it is none or empty."""
    if not isinstance(values, (list, tuple)):
        return None
    return [text for text in map(_text, values[:ARCHITECTURES_LIMIT]) if text] or None
