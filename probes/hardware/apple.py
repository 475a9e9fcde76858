"""GPUs of Macs.

1. `sysctl`: Apple silicon or Intel, memory, Rosetta. 2. `system_profiler -json`: GPUs and Metal. 3. Its text form
(before macOS 10.15).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from probes.hardware import loose_json
from probes.reader import Reader
from probes.record import Found, accelerator, clean, whole

SYSCTL = ("hw.memsize", "machdep.cpu.brand_string", "hw.optional.arm64", "sysctl.proc_translated")
PROFILER_TIMEOUT_S = 8.0
"""system_profiler asks every display and takes seconds on a cold start."""
TEXT_LIMIT = 1 << 22
GPUS_LIMIT = 64

VENDORS = {"106b": "apple", "1002": "amd", "8086": "intel", "10de": "nvidia"}
PREFERRED = ("apple", "nvidia", "amd", "intel")


class Gpu(NamedTuple):
    """One GPU as system_profiler shows it; None where it says nothing."""

    model: str | None = None
    vendor: str | None = None
    device_id: str | None = None
    """Four lower-case hexadecimal digits."""
    cores: int | None = None
    memory_mib: int | None = None
    shared: bool | None = None
    """True where the memory is a share of the system's."""
    metal: bool | None = None


class Profile(NamedTuple):
    """What system_profiler says. `memory_mib`: memory of the machine."""

    chip: str | None = None
    memory_mib: int | None = None
    gpus: tuple[Gpu, ...] = ()


def parse_sysctl(text: str) -> dict[str, str]:
    """The asked names that `sysctl NAME...` knows, with their values; a name that this Mac lacks is absent."""
    values = {}
    for line in text[:TEXT_LIMIT].splitlines():
        # hw.memsize: 17179869184
        name, colon, value = line[:400].partition(":")
        shown = clean(value)
        if colon and name.strip() in SYSCTL and shown is not None:
            values[name.strip()] = shown
    return values


def parse_size(text: str | None) -> int | None:
    """MiB in `16 GB` or `1536 MB`; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,9})\s?([KMGT])i?B", (text or "")[:40].strip(), re.I)
    if found is None:
        return None
    number = int(found[1])
    size = {"K": number >> 10, "M": number, "G": number << 10, "T": number << 20}[found[2].upper()]
    return size or None


def parse_json(text: str) -> Profile | None:
    """The output of `system_profiler SPHardwareDataType SPDisplaysDataType -json`; None when it holds no such JSON.

    Lines before and after the JSON are ignored.
    """
    data = loose_json.mapping(loose_json.parse(text))
    return _profile(data) if "SPDisplaysDataType" in data or "SPHardwareDataType" in data else None


def _profile(data: dict[str, Any]) -> Profile:
    chip = memory = None
    for entry in _entries(data, "SPHardwareDataType")[:1]:
        chip, memory = _text(entry, "chip_type"), parse_size(_text(entry, "physical_memory"))
    gpus = []
    for entry in _entries(data, "SPDisplaysDataType")[:GPUS_LIMIT]:
        kind = _text(entry, "sppci_device_type")
        if kind not in (None, "spdisplays_gpu"):
            continue
        name = _text(entry, "_name")
        if name is not None and name.startswith("kHW_"):
            name = None
        memory_own = parse_size(_text(entry, "spdisplays_vram"))
        memory_shared = parse_size(_text(entry, "spdisplays_vram_shared"))
        metal = _text(entry, "spdisplays_mtlgpufamilysupport", "spdisplays_metalfamily", "spdisplays_metal")
        gpus.append(
            Gpu(
                _text(entry, "sppci_model") or name,
                parse_vendor(_text(entry, "spdisplays_vendor", "sppci_vendor")),
                parse_device_id(_text(entry, "spdisplays_device-id")),
                whole(_text(entry, "sppci_cores")),
                memory_own if memory_own is not None else memory_shared,
                False if memory_own is not None else True if memory_shared is not None else None,
                parse_metal(metal),
            )
        )
    return Profile(chip, memory, tuple(gpus))


def _entries(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = data.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _text(entry: dict[str, Any], *names: str) -> str | None:
    for name in names:
        value = entry.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and clean(value) is not None:
            return clean(value)
    return None


def parse_vendor(text: str | None) -> str | None:
    """nvidia, amd, intel or apple in `AMD (0x1002)`, `sppci_vendor_Apple` or `Intel`; None for others."""
    found = re.search(r"0x([0-9a-f]{4})\b", (text or "").lower())
    if found is not None:
        return VENDORS.get(found[1])
    word = re.sub(r"^sppci_vendor_", "", (text or "").lower()).strip()
    return word if word in PREFERRED else None


def parse_device_id(text: str | None) -> str | None:
    """Four lower-case hexadecimal digits of `0x67ef`; None for anything else."""
    found = re.fullmatch(r"0x([0-9a-fA-F]{4})", (text or "").strip())
    return found[1].lower() if found else None


def parse_metal(text: str | None) -> bool | None:
    """Whether Metal is supported: `spdisplays_metal3`, `Metal 3`, `Supported, Metal GPUFamily Apple 7`."""
    word = (text or "").lower()
    if re.search(r"not.?supported|unsupported|(^|_)no$", word):
        return False
    return True if re.search(r"supported|metal ?[0-9]|mtlgpufamily", word) else None


def parse_text(text: str) -> Profile | None:
    """The text form of system_profiler; None when it has neither of the two sections."""
    section = chip = memory = None
    seen = False
    gpus: list[Gpu] = []
    depth = 0
    for line in text[:TEXT_LIMIT].splitlines():
        line = line[:400].rstrip()
        indent = len(line) - len(line.lstrip(" "))
        name, colon, value = line.strip().partition(":")
        if not colon:
            continue
        if indent == 0:
            section = name
            seen = seen or name in ("Hardware", "Graphics/Displays")
            continue
        shown = clean(value)
        if section == "Hardware":
            # "      Chip: Apple M1", "      Memory: 16 GB"
            chip = shown if name == "Chip" and chip is None else chip
            memory = parse_size(shown) if name == "Memory" and memory is None else memory
        elif section == "Graphics/Displays":
            # "      Chipset Model: Apple M1"; what belongs to its displays stands deeper.
            if name == "Chipset Model" and len(gpus) < GPUS_LIMIT:
                gpus.append(Gpu(model=shown))
                depth = indent
            elif gpus and indent == depth:
                gpus[-1] = _with(gpus[-1], name, shown)
    return Profile(chip, memory, tuple(gpus)) if seen else None


def _with(gpu: Gpu, name: str, value: str | None) -> Gpu:
    if name == "Vendor":
        return gpu._replace(vendor=parse_vendor(value))
    if name == "Device ID":
        return gpu._replace(device_id=parse_device_id(value))
    if name == "Total Number of Cores":
        return gpu._replace(cores=whole(value))
    if name.startswith("VRAM") and parse_size(value) is not None:
        # "VRAM (Dynamic, Max): 1536 MB" is a share of the system's memory, "VRAM (Total): 2 GB" is not.
        return gpu._replace(memory_mib=parse_size(value), shared="Dynamic" in name)
    if name in ("Metal", "Metal Family", "Metal Support"):
        return gpu._replace(metal=parse_metal(value))
    return gpu


def detect(reader: Reader) -> Found:
    """GPUs of this Mac; nothing on other systems."""
    found = Found()
    if reader.platform != "darwin":
        return found
    # It ends with status 1 when one of the names does not exist, and prints the others all the same.
    values = parse_sysctl(reader.run(["sysctl", *SYSCTL]).stdout)
    brand = values.get("machdep.cpu.brand_string")
    translated = values.get("sysctl.proc_translated") == "1"
    profile = _ask(reader, found)
    silicon = (
        values.get("hw.optional.arm64") == "1"
        or translated
        or "Apple" in (brand or "")
        or any(gpu.vendor == "apple" for gpu in profile.gpus)
    )
    ram = whole(values.get("hw.memsize"))
    memory_mib = (ram >> 20 or None) if ram is not None else profile.memory_mib
    if translated:
        found.note(
            "apple",
            "warning",
            "this process runs under Rosetta: an x86_64 program on Apple silicon",
            "use an arm64 Python; x86_64 builds cannot use the GPU",
        )
    gpus = list(profile.gpus)
    if silicon and not gpus and not _virtual(brand):
        # The GPU is a part of every Apple chip; what cannot be said without system_profiler stays unknown.
        gpus = [Gpu(model=None, vendor="apple")]
    for gpu in gpus:
        if gpu.vendor is None:
            # The display adapter of a virtual machine; a GPU always names its vendor.
            found.note(
                "apple", "info", f"no GPU of a known vendor: {clean(gpu.model, 100) or 'no name'}", None
            )
            continue
        found.accelerators.append(_record(gpu, gpu.vendor, brand, memory_mib))
    _facts(found, silicon, translated, profile.chip or (brand if silicon else None))
    return found


def _virtual(brand: str | None) -> bool:
    # machdep.cpu.brand_string: Apple M1 (Virtual)
    return "(virtual)" in (brand or "").lower()


def _ask(reader: Reader, found: Found) -> Profile:
    words = ["system_profiler", "SPHardwareDataType", "SPDisplaysDataType"]
    done = reader.run([*words, "-json"], PROFILER_TIMEOUT_S)
    profile = parse_json(done.stdout) or parse_text(done.stdout)
    if profile is None and done.error is None:
        done = reader.run(words, PROFILER_TIMEOUT_S)
        profile = parse_text(done.stdout)
    if profile is None:
        why = done.error or "no output that is understood"
        found.note("apple", "warning", f"system_profiler: {clean(why, 100)}", None)
    return profile or Profile()


def _record(gpu: Gpu, vendor: str, brand: str | None, memory_mib: int | None) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if gpu.device_id is not None:
        number = next(key for key, name in VENDORS.items() if name == vendor)
        more["pci_id"] = f"{number}:{gpu.device_id}"
    if gpu.cores is not None:
        more["cores"] = gpu.cores
    usable, why_not = None, None
    if vendor == "apple":
        if gpu.metal is False:
            usable, why_not = False, "Metal is not supported"
        elif _virtual(brand) or "paravirtual" in (gpu.model or "").lower():
            why_not = "a virtual GPU: whether compute works is not known"
        elif gpu.metal:
            usable = True
        else:
            why_not = "system_profiler does not say whether Metal is supported"
    else:
        why_not = "a Mac without Apple silicon: current frameworks do not promise to use its GPU"
    return accelerator(
        vendor,
        "gpu",
        model=gpu.model,
        memory_mib=memory_mib if vendor == "apple" else gpu.memory_mib,
        unified_memory=True if vendor == "apple" else gpu.shared,
        usable=usable,
        why_not=why_not,
        **more,
    )


def _facts(found: Found, silicon: bool, translated: bool, chip: str | None) -> None:
    if found.accelerators:
        first = min(found.accelerators, key=lambda device: PREFERRED.index(device["vendor"]))
        found.facts["gpu.vendor"] = first["vendor"]
        if first["memory_mib"] is not None:
            found.facts["gpu.memory_mib"] = first["memory_mib"]
    if silicon:
        found.facts["apple.silicon"] = True
        if chip is not None:
            found.facts["apple.chip"] = chip
    if translated:
        found.facts["apple.rosetta"] = True
