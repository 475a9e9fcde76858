"""The processor: model, microarchitecture, features that matter to frameworks, cores.

1. Linux: /proc/cpuinfo, then `lscpu` for a model that it does not name; /sys/devices/system/cpu and /proc/self/status.
2. macOS: `sysctl`.
3. Windows: PROCESSOR_IDENTIFIER, the registry, IsProcessorFeaturePresent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from probes.hardware import cgroup
from probes.hardware.microarchitecture import ARM_MAKERS, arm_name, microarchitecture
from probes.hardware.system import architecture
from probes.process import parse_told
from probes.reader import PROCESS, Reader
from probes.record import Found, clean, whole

X86_FEATURES = (
    "sse4_2",
    "avx",
    "f16c",
    "fma",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
)
ARM_FEATURES = ("neon", "asimd", "asimddp", "sve", "sve2", "sme", "bf16", "i8mm")
"""The features that are told, under their names in /proc/cpuinfo. On x86 `sme` means the encryption of memory."""
CPUS_LIMIT = 1 << 16
KEYS = (
    "machdep.cpu.brand_string",
    "machdep.cpu.vendor",
    "machdep.cpu.features",
    "machdep.cpu.leaf7_features",
    "machdep.cpu.extfeatures",
    "hw.logicalcpu",
    "hw.optional.neon",
    "hw.optional.avx2_0",
    "hw.optional.avx512f",
    "hw.optional.arm.FEAT_DotProd",
    "hw.optional.arm.FEAT_BF16",
    "hw.optional.arm.FEAT_I8MM",
    "hw.optional.arm.FEAT_SME",
    "sysctl.proc_translated",
)
SYSCTL = ("/usr/sbin/sysctl", "-i", *KEYS)
REGISTRY = (
    "reg",
    "query",
    r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0",
    "/v",
    "ProcessorNameString",
)

_OPTIONAL = {
    "hw.optional.neon": "asimd",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_SME": "sme",
}
# archspec's translation of the names that macOS uses.
_DARWIN_FLAGS = {
    "sse4.1": ("sse4_1",),
    "sse4.2": ("sse4_2",),
    "avx1.0": ("avx",),
    "lahf": ("lahf_lm",),
    "sha": ("sha_ni",),
    "clfsopt": ("clflushopt",),
    "xsave": ("xsavec", "xsaveopt"),
}


class Processor(NamedTuple):
    """What a text says about the processors; None and empty where it says nothing."""

    model: str | None = None
    vendor: str | None = None
    part: str | None = None
    flags: frozenset[str] = frozenset()
    logical: int | None = None
    """Logical processors."""
    features: tuple[str, ...] = ()
    """Those of `flags` that are in the tables above."""
    translated: bool = False
    """Whether this process runs under Rosetta."""


def pairs(text: str) -> list[tuple[str, str]]:
    """`key : value` lines, with the keys in lower case."""
    found = []
    for line in text[: 1 << 22].splitlines()[: 1 << 17]:
        key, colon, value = line[: 1 << 14].partition(":")
        if colon:
            found.append((key.strip().lower(), value.strip()))
    return found


def parse_cpuinfo(text: str) -> Processor:
    """The processors in /proc/cpuinfo. `model` is a name, never a family such as "ARMv7 Processor rev 4"."""
    first: dict[str, str] = {}
    parts: dict[str, None] = {}
    count, maker = 0, None
    for key, value in pairs(text):
        first.setdefault(key, value)
        if key == "processor" and whole(value) is not None:
            count += 1
        elif key == "cpu implementer":
            maker = value.lower()
        elif key == "cpu part" and (name := arm_name(maker, value)) is not None:
            parts[name] = None
    x86 = "flags" in first
    flags = frozenset((first.get("flags") or first.get("features") or "").split()[:1024])
    code = first.get("cpu implementer", "").lower()
    vendor = ARM_MAKERS.get(code, code or None) if code else first.get("vendor_id")
    return Processor(
        " + ".join(parts) or _model(first),
        clean(vendor),
        clean(first.get("cpu part"), 16),
        flags,
        count or None,
        tuple(name for name in (X86_FEATURES if x86 else ARM_FEATURES) if name in flags),
    )


def _model(first: dict[str, str]) -> str | None:
    """The name that one processor's lines give; the board's name where there is nothing better."""
    name = clean(first.get("model name"))
    if name is not None and "cpu implementer" not in first:
        return name
    # cpu     : POWER8NVL (raw), altivec supported
    power = clean(re.split(r"[,(]", first.get("cpu", "")[:200])[0])
    # Model   : Raspberry Pi 4 Model B Rev 1.1; on x86 "model" is a number
    board = first.get("model", "")
    return power or clean(first.get("uarch")) or (clean(board) if whole(board) is None else None) or name


def parse_lscpu(text: str) -> Processor:
    """The processors in the output of `lscpu`."""
    first: dict[str, str] = {}
    for key, value in pairs(text):
        first.setdefault(key, value)
    model = clean(first.get("model name"))
    return Processor(None if model == "-" else model, logical=_sane(whole(first.get("cpu(s)"))))


def parse_sysctl(text: str) -> Processor:
    """The processor in the output of `sysctl` with names."""
    first: dict[str, str] = {}
    for key, value in pairs(text):
        first.setdefault(key, value)
    words = " ".join(first.get("machdep.cpu." + k, "") for k in ("features", "leaf7_features", "extfeatures"))
    flags = set(words.lower().split()[:1024])
    for flag, names in _DARWIN_FLAGS.items():
        if flag in flags:
            flags.update(names)
    if {"popcnt", "lzcnt"} <= flags:
        flags.add("abm")
    # "hw.optional.avx512f: 1"
    flags.update(name for key, name in _OPTIONAL.items() if first.get(key.lower()) == "1")
    count = whole(first.get("hw.logicalcpu") or first.get("machdep.cpu.thread_count"))
    return Processor(
        clean(first.get("machdep.cpu.brand_string")),
        clean(first.get("machdep.cpu.vendor")),
        None,
        frozenset(flags),
        _sane(count),
        tuple(name for name in (*X86_FEATURES, *ARM_FEATURES) if name in flags),
        first.get("sysctl.proc_translated") == "1",
    )


def parse_registry(text: str) -> str | None:
    """The name in the output of `reg query ... /v ProcessorNameString`."""
    for line in text[: 1 << 16].splitlines():
        #     ProcessorNameString    REG_SZ    AMD EPYC 7763 64-Core Processor
        fields = line.split(None, 2)
        if len(fields) == 3 and fields[0] == "ProcessorNameString" and fields[1] == "REG_SZ":
            return clean(fields[2])
    return None


def parse_list(text: str | None) -> frozenset[int] | None:
    """Numbers in a list of processors such as `0-3,8`; None for anything else."""
    found: set[int] = set()
    for part in (text or "")[: 1 << 14].strip().split(","):
        low, dash, high = part.partition("-")
        start, end = whole(low), whole(high if dash else low)
        if start is None or end is None or not start <= end < CPUS_LIMIT:
            return None
        found.update(range(start, end + 1))
    return frozenset(found)


def parse_allowed(text: str) -> frozenset[int] | None:
    """The processors that a process may run on, from /proc/self/status."""
    for key, value in pairs(text):
        # Cpus_allowed_list:	0-1
        if key == "cpus_allowed_list":
            return parse_list(value)
    return None


def _sane(count: object) -> int | None:
    return count if type(count) is int and 0 < count < CPUS_LIMIT else None


def _linux_cores(
    reader: Reader, counted: int | None, told: dict[str, Any]
) -> tuple[int | None, list[int | None]]:
    online = parse_list(reader.line("/sys/devices/system/cpu/online"))
    allowed = parse_allowed(reader.text("/proc/self/status") or "")
    total = (len(online) if online else None) or counted or _sane(told.get("cpus_total"))
    # The mask names processors that are possible but not there.
    mine = len(allowed & online) if allowed and online else len(allowed or ())
    quota = cgroup.cpu_quota(reader)
    return total, [mine or None, None if quota is None else max(1, math.ceil(quota))]


def _usable(total: int | None, limits: Iterable[int | None]) -> int | None:
    return min((n for n in (total, *limits) if n is not None), default=None)


def detect(reader: Reader) -> Found:
    """`machine.cpu`; a quota of two and a half processors counts as three. The fact `cores` is what is usable."""
    found = Found()
    told = parse_told(reader.run(PROCESS).stdout)
    limits: list[int | None] = [_sane(told.get("cpus"))]
    name = None
    if reader.platform == "darwin":
        done = reader.run(SYSCTL)
        seen = parse_sysctl(done.stdout) if done.stdout else Processor()
        total = seen.logical or _sane(told.get("cpus_total"))
    elif reader.platform == "windows":
        done = reader.run(REGISTRY)
        model = parse_registry(done.stdout) or clean(reader.environ.get("PROCESSOR_IDENTIFIER"))
        listed = told.get("features")
        has = listed if isinstance(listed, list) else []
        seen = Processor(model, features=tuple(n for n in (*X86_FEATURES, *ARM_FEATURES) if n in has))
        total = _sane(told.get("cpus_total")) or _sane(whole(reader.environ.get("NUMBER_OF_PROCESSORS")))
        name = clean(told["microarchitecture"]) if isinstance(told.get("microarchitecture"), str) else None
    else:
        text = reader.text("/proc/cpuinfo")
        seen = parse_cpuinfo(text or "")
        if text is not None and seen.model is None:
            other = parse_lscpu(reader.run(("lscpu",)).stdout)
            seen = seen._replace(model=other.model, logical=seen.logical or other.logical)
        total, more = _linux_cores(reader, seen.logical, told)
        limits += more
    arch = "arm64" if (seen.model or "").startswith("Apple") else architecture(reader)
    if name is None and reader.platform != "windows":
        name = microarchitecture(arch, seen.vendor, seen.flags, seen.part, seen.model)
    usable = _usable(total, limits)
    cpu: dict[str, Any] = {
        "model": seen.model,
        "microarchitecture": name,
        "features": list(seen.features),
        "cores_total": total,
        "cores_usable": usable,
    }
    if any(value is not None and value != [] for value in cpu.values()):
        found.machine["cpu"] = cpu
    if usable is not None:
        found.facts["cores"] = usable
    if seen.translated:
        message = "this interpreter is translated by Rosetta; the processor is an Apple one"
        found.note("cpu", "warning", message, "use an arm64 build of Python")
    return found
