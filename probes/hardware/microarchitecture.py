"""Names of processors: ARM parts by number, and microarchitectures from archspec where this interpreter has it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any

ARM_MAKERS = {
    "0x41": "ARM",
    "0x42": "Broadcom",
    "0x43": "Cavium",
    "0x46": "Fujitsu",
    "0x48": "HiSilicon",
    "0x4e": "Nvidia",
    "0x50": "APM",
    "0x51": "Qualcomm",
    "0x53": "Samsung",
    "0x56": "Marvell",
    "0x61": "Apple",
    "0xc0": "Ampere",
}
"""Implementer codes of the main identification register, under the names that archspec uses."""

ARM_PARTS = {
    ("0x41", "0xb76"): "ARM1176",
    ("0x41", "0xc07"): "Cortex-A7",
    ("0x41", "0xc08"): "Cortex-A8",
    ("0x41", "0xc09"): "Cortex-A9",
    ("0x41", "0xc0f"): "Cortex-A15",
    ("0x41", "0xd03"): "Cortex-A53",
    ("0x41", "0xd04"): "Cortex-A35",
    ("0x41", "0xd05"): "Cortex-A55",
    ("0x41", "0xd07"): "Cortex-A57",
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd09"): "Cortex-A73",
    ("0x41", "0xd0a"): "Cortex-A75",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse-N1",
    ("0x41", "0xd0d"): "Cortex-A77",
    ("0x41", "0xd40"): "Neoverse-V1",
    ("0x41", "0xd41"): "Cortex-A78",
    ("0x41", "0xd42"): "Cortex-A78AE",
    ("0x41", "0xd44"): "Cortex-X1",
    ("0x41", "0xd46"): "Cortex-A510",
    ("0x41", "0xd47"): "Cortex-A710",
    ("0x41", "0xd48"): "Cortex-X2",
    ("0x41", "0xd49"): "Neoverse-N2",
    ("0x41", "0xd4d"): "Cortex-A715",
    ("0x41", "0xd4e"): "Cortex-X3",
    ("0x41", "0xd4f"): "Neoverse-V2",
    ("0x41", "0xd83"): "Neoverse-V3AE",
    ("0x41", "0xd84"): "Neoverse-V3",
    ("0x43", "0x0af"): "ThunderX2",
    ("0x46", "0x001"): "A64FX",
    ("0x4e", "0x004"): "Carmel",
    ("0xc0", "0xac3"): "Ampere-1",
    ("0xc0", "0xac4"): "Ampere-1a",
}
"""Cores by implementer and part number."""


def arm_name(maker: str | None, part: str | None) -> str | None:
    """`Cortex-A72` for ("0x41", "0xd08"); None for a part that is not in the table."""
    return ARM_PARTS.get(((maker or "").lower(), (part or "").lower()))


def microarchitecture(
    arch: str | None, vendor: str | None, features: Iterable[str], part: str | None, model: str | None
) -> str | None:
    """The archspec name of the best known target that has no more features than this processor.

    `vendor`: as in /proc/cpuinfo, for ARM the name of the implementer. `part`: ARM part number. `model`: the name that
    is printed. None without archspec or for an architecture that it does not know.
    """
    try:
        library: Any = importlib.import_module("archspec.cpu")
        targets = library.TARGETS
        # A target made of the features knows their aliases, such as sse3 for ssse3.
        has = library.Microarchitecture("", [], vendor or "", set(features), {}).features
    except Exception:
        return None
    family = {"arm64": "aarch64"}.get(arch or "", arch or "")
    if family not in targets:
        return None
    known = [t for t in targets.values() if str(t.family) == family]
    named = _named(family, model or "", {t.name for t in known})
    if named is not None:
        return named
    if family.startswith("ppc64"):
        power = re.search(r"POWER(\d{1,2})", model or "")
        return _best([t for t in known if t.generation <= (int(power[1]) if power else 0)])
    fits = [t for t in known if t.vendor in (vendor, "generic") and t.features <= has]
    if family == "aarch64":
        # Which version of the architecture it is does not show in the features.
        fits = [t for t in fits if t.vendor != "generic" or t.name == family]
    return _best(_descendants(fits, part))


def _named(family: str, model: str, names: set[str]) -> str | None:
    """A target that the printed name decides: Apple's chips, and RISC-V cores."""
    if family == "riscv64":
        core = {"sifive,u74-mc": "u74mc", "spacemit,x60": "x60", "spacemit(r) x60": "x60"}.get(model.lower())
        return core if core in names else family
    if family == "aarch64" and model == "Apple processor":
        # What macOS 11 called the only chip that there was.
        return "m1" if "m1" in names else None
    chip = re.match(r"Apple [mM](\d{1,2})\b", model) if family == "aarch64" else None
    for number in range(int(chip[1]) if chip else 0, 0, -1):
        if f"m{number}" in names:
            return f"m{number}"
    return None


def _descendants(fits: list[Any], part: str | None) -> list[Any]:
    """Targets below the best generic one, of this part number where one is of it.

    A feature that is switched off must not hide an architecture that performs like its siblings.
    """
    generic = [t for t in fits if t.vendor == "generic"]
    if not generic:
        return []
    base = max(generic, key=_rank)
    of_part = [t for t in fits if part and t.cpu_part == part.lower()]
    return [t for t in of_part or fits if t > base] or [base]


def _rank(item: Any) -> tuple[int, int]:
    return len(item.ancestors), len(item.features)


def _best(fits: list[Any]) -> str | None:
    return str(max(fits, key=_rank).name) if fits else None
