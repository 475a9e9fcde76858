"""What `nvidia-smi` says: its CSV query, completed by its XML, and the sentences it prints when it cannot answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from probes.hardware import pci
from probes.hardware.nvidia_gpu import (
    DEVICES_LIMIT,
    Gpu,
    completed,
    memory,
    short_version,
    version,
)
from probes.reader import Reader
from probes.record import clean, whole

TEXT_LIMIT = 4 * 1024 * 1024
FIELDS = ("index", "name", "pci.bus_id", "memory.total", "driver_version", "compute_cap")
QUERY = ("--query-gpu=" + ",".join(FIELDS), "--format=csv,noheader,nounits")
WSL_PROGRAM = "/usr/lib/wsl/lib/nvidia-smi"
WINDOWS_PROGRAM = "C:/Program Files/NVIDIA Corporation/NVSMI/nvidia-smi.exe"


class Problem(NamedTuple):
    """Why there is no answer: a status for programs, words for people, and what helps."""

    status: str
    why: str
    hint: str


_MODULE_HINT = "install the NVIDIA driver, or load it with `modprobe nvidia`"
_PROBLEMS = (
    (
        "driver/library version mismatch",
        Problem(
            "driver-library-mismatch",
            "the loaded kernel module and the NVIDIA libraries have different versions",
            "reboot, or reload the nvidia kernel modules",
        ),
    ),
    (
        "communicate with the nvidia driver",
        Problem("driver-unreachable", "nvidia-smi cannot reach the NVIDIA driver", _MODULE_HINT),
    ),
    (
        "driver not loaded",
        Problem("driver-unreachable", "the NVIDIA driver is not loaded", _MODULE_HINT),
    ),
    (
        "insufficient permissions",
        Problem(
            "no-permission",
            "no permission to use the NVIDIA device nodes",
            "add this user to the group that owns /dev/nvidia*, or start the container with the GPUs",
        ),
    ),
    (
        "blocked by the operating system",
        Problem(
            "blocked",
            "the operating system blocks the GPU",
            "update WSL and the Windows driver; a GPU in TCC mode cannot be used in WSL",
        ),
    ),
    (
        "couldn't find libnvidia-ml",
        Problem(
            "library-missing",
            "the library libnvidia-ml of the NVIDIA driver is missing",
            "install the libraries of the driver that is loaded",
        ),
    ),
    (
        "no devices were found",
        Problem(
            "no-devices",
            "the driver has no working GPU",
            "look for NVRM messages in the kernel log; in a container, start it with the GPUs",
        ),
    ),
    ("gpu is lost", Problem("gpu-lost", "the GPU fell off the bus", "reboot; check its power and slot")),
    (
        "failed to initialize nvml",
        Problem(
            "nvml-failed",
            "the NVIDIA management library does not start",
            "in a container, restart it; else reboot",
        ),
    ),
)

# Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error
# Unable to determine the device handle for GPU0: 0000:C1:00.0: Unknown Error
_FAILED = re.compile(
    r"Unable to determine the device handle for GPU ?\d{0,4}:? ?"
    r"([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]): ([^\r\n]{1,200})"
)
# NVML library version: 570.124
_LIBRARY = re.compile(r"NVML library version: (\d{2,4}(?:\.\d{1,4}){1,3})(?![\d.])")


def parse_query(text: str, fields: Sequence[str] = FIELDS) -> list[Gpu]:
    """GPUs in the output of `--query-gpu=... --format=csv`, with or without header and units."""
    found: list[Gpu] = []
    names = list(fields)
    for number, line in enumerate(text[:TEXT_LIMIT].splitlines()[: 4 * DEVICES_LIMIT]):
        # 0, NVIDIA H100 80GB HBM3, 00000000:00:09.0, 81559, 590.48.01, 9.0
        # 0, NVIDIA GB10, 0000000F:01:00.0, [N/A], 580.95.05, 12.1
        words = [word.strip() for word in line[:65536].split(",")]
        header = [word.split(" [", 1)[0] for word in words]
        if number == 0 and header[0] in ("index", "timestamp", *names):
            names = header
            continue
        extra = len(words) - len(names)
        if extra > 0 and "name" in names:
            at = names.index("name")
            words[at : at + extra + 1] = [", ".join(words[at : at + extra + 1])]
        if len(words) != len(names) or len(found) >= DEVICES_LIMIT:
            continue
        row = dict(zip(names, words))
        mib, unified = memory(row.get("memory.total"))
        gpu = Gpu(
            name=clean(row.get("name")),
            address=pci.address(row.get("pci.bus_id", "")),
            memory_mib=mib,
            unified=unified,
            driver=version(row.get("driver_version")),
            compute_capability=short_version(row.get("compute_cap")),
            mig={"enabled": True, "disabled": False}.get(row.get("mig.mode.current", "").lower()),
        )
        is_row = whole(row.get("index", "0")) is not None
        if is_row and (gpu.name or gpu.address or gpu.driver) and not _is_error(gpu.name):
            found.append(gpu)
    return found


def _is_error(name: str | None) -> bool:
    return name is not None and name.startswith(("[", "ERR!"))


def parse_problem(text: str) -> Problem | None:
    """Why there is no answer, from what the program prints; None when it says nothing that is known."""
    shown = text[: 1 << 16].lower().replace("\u2019", "'")
    for words, problem in _PROBLEMS:
        if words in shown:
            library = _LIBRARY.search(text[: 1 << 16])
            if problem.status == "driver-library-mismatch" and library:
                return problem._replace(why=f"{problem.why} (libraries: {library[1]})")
            return problem
    return None


def parse_failed(text: str) -> dict[str, str]:
    """Address -> reason for each GPU that could not be opened while others could."""
    found: dict[str, str] = {}
    for match in _FAILED.finditer(text[: 1 << 16]):
        where = pci.address(match[1])
        if where is not None and len(found) < DEVICES_LIMIT:
            found[where] = clean(match[2], 100) or "it cannot be opened"
    return found


_SILENT = Problem("no-answer", "nvidia-smi lists no GPU that can be read", "run nvidia-smi by hand")


class Answer(NamedTuple):
    """What `nvidia-smi` answered. `ran`: whether it is there. `gpus` is empty when it says nothing that is sure."""

    ran: bool
    gpus: list[Gpu]
    failed: dict[str, str]
    problem: Problem | None


def ask(reader: Reader) -> Answer:
    """Run `nvidia-smi`: its query for the compute capability, its XML for CUDA and MIG."""
    program = "nvidia-smi"
    done = reader.run([program, *QUERY])
    for other in (WSL_PROGRAM, WINDOWS_PROGRAM if reader.platform == "windows" else ""):
        if done.error == "not found" and other and reader.exists(other):
            program = other
            done = reader.run([program, *QUERY])
    if done.error is not None:
        words = "nvidia-smi " + (
            "did not answer in time" if done.error == "timed out" else "could not be run"
        )
        ran = done.error != "not found"
        return Answer(ran, [], {}, Problem("no-answer", words, "run nvidia-smi by hand") if ran else None)
    gpus = parse_query(done.stdout)
    said = done.stdout + "\n" + done.stderr
    failed = parse_failed(said)
    problem = None if gpus else parse_problem(said)
    if problem is None:
        # A driver before 510 refuses the whole query because of compute_cap.
        log = reader.run([program, "-q", "-x"])
        from probes.hardware.nvidia_xml import parse_xml

        gpus = completed(gpus, parse_xml(log.stdout) if log.error is None else [])
        if not gpus:
            problem = parse_problem(log.stdout + "\n" + log.stderr) or _SILENT
    return Answer(True, gpus, failed, problem)
