"""One NVIDIA GPU as a tool or library describes it, and the values that are the same in all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from probes.record import whole

DEVICES_LIMIT = 64


class Gpu(NamedTuple):
    """One GPU as a tool or library describes it. None, or an empty tuple, is a value that is not known."""

    name: str | None = None
    address: str | None = None
    memory_mib: int | None = None
    unified: bool | None = None
    """Whether it has no memory of its own: the tool answers `[N/A]`, not a number."""
    driver: str | None = None
    compute_capability: str | None = None
    cuda: str | None = None
    """Newest CUDA version of the driver, not of an installed toolkit."""
    arch: str | None = None
    pci_id: str | None = None
    mig: bool | None = None
    mig_memory_mib: tuple[int | None, ...] | None = None
    """Memory of each MIG device; empty when there is none."""


def version(text: str | None) -> str | None:
    """A driver version such as 590.48.01 or 418.43; None for anything else."""
    word = (text or "")[:40].strip()
    return word if re.fullmatch(r"[0-9]{2,4}(?:\.[0-9]{1,4}){1,3}", word) else None


def short_version(text: str | None) -> str | None:
    """A version of two small numbers, such as 8.6 or 12.2; None for anything else."""
    word = (text or "")[:40].strip()
    return word if re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}", word) and word != "0.0" else None


def memory(text: str | None) -> tuple[int | None, bool | None]:
    """MiB of `24564`, `24564 MiB` or `[N/A]`, and whether the memory is that of the system."""
    word = (text or "")[:60].strip()
    mib = whole(word[:-3].strip() if word.endswith("MiB") else word)
    if mib:
        return mib, False
    return None, True if word.strip("[]").lower() in ("n/a", "not supported") else None


def completed(first: Sequence[Gpu], second: Sequence[Gpu]) -> list[Gpu]:
    """`first` with what only `second` knows: by address, or by position where neither has one."""
    by_address = {gpu.address: gpu for gpu in second if gpu.address is not None}
    result = []
    for number, gpu in enumerate(first):
        other = by_address.get(gpu.address) if gpu.address is not None else None
        if gpu.address is None and len(first) == len(second) and second[number].address is None:
            other = second[number]
        if other is not None:
            known = {k: v for k, v in other._asdict().items() if getattr(gpu, k) is None}
            gpu = gpu._replace(**known)
        # A container that was given one MIG device cannot read the memory of the whole GPU either.
        result.append(gpu._replace(unified=None) if gpu.mig and gpu.unified else gpu)
    return result or list(second)
