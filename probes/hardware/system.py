"""Operating system, architecture, C library, container, WSL and the running interpreter."""

from __future__ import annotations

import re
from typing import Any

from probes.process import parse_told
from probes.reader import PROCESS, Reader
from probes.record import Found, clean

ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "i386": "x86", "i686": "x86", "aarch64": "arm64"}
MARKS = ("/.dockerenv", "/run/.containerenv")
INITIAL_NAMESPACES = {"/proc/self/ns/pid": "pid:[4026531836]", "/proc/self/ns/user": "user:[4026531837]"}
"""Numbers that the kernel gives to the namespaces it starts with (PROC_PID_INIT_INO, PROC_USER_INIT_INO)."""

# 6:memory:/docker/3ccfa004...   1:cpuset:/lxc/b6d196c1   0::/kubepods.slice/...
_GROUPS = re.compile(
    r"/(?:docker|lxc|lxc\.payload[^/]{0,99}|kubepods[^/]{0,99}|containerd|libpod[^/]{0,99}|garden|ecs|machine\.slice)(?:/|$)"
    r"|/(?:docker|cri-containerd|crio|libpod)-[0-9a-f]{12,64}\.scope(?:/|$)"
)
# 1026 1013 254:1 /docker/containers/b0a24eed.../hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw,discard
_MOUNTED = re.compile(
    r"^\d{1,10} \d{1,10} \S{1,20} \S{0,400}/(?:containers|pods|overlay-containers)/\S{1,400} "
    r"/etc/(?:hosts|hostname|resolv\.conf) "
)
_LOADER = re.compile(r"ld-musl-[A-Za-z0-9_]{1,20}\.so\.1")
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,4}")


def parse_os_release(text: str) -> dict[str, str]:
    """Variables of an os-release file, without quotes."""
    found: dict[str, str] = {}
    for line in text[: 1 << 16].splitlines()[:200]:
        # VERSION_ID="12"
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            found[name] = value.strip().strip("\"'")
    return found


def parse_wsl(text: str) -> bool:
    """Whether a kernel's release or version is one of the Windows Subsystem for Linux."""
    # 5.15.90.1-microsoft-standard-WSL2, 4.4.0-19041-Microsoft
    return "microsoft" in text[:1000].lower()


def parse_container(text: str) -> bool:
    """Whether a cgroup or mountinfo file is one of a process in a container; False proves nothing."""
    for line in text[: 1 << 20].splitlines()[:4096]:
        short = line[:1000]
        group = short.split(":", 2)
        if (len(group) == 3 and group[0].isdigit() and _GROUPS.search(group[2])) or _MOUNTED.match(short):
            return True
    return False


def parse_version(text: str | None) -> str | None:
    """The first word when it is a version of digits and points, such as the answer of `sw_vers -productVersion`."""
    words = (text or "")[:200].split()
    return words[0] if words and _VERSION.fullmatch(words[0]) else None


def parse_musl(text: str) -> str | None:
    """`musl 1.2.4` from what the loader of musl prints."""
    lines = [line.split() for line in text[:2000].splitlines()[:10]]
    # musl libc (x86_64)
    # Version 1.2.4
    if not any(words[:2] == ["musl", "libc"] for words in lines):
        return None
    version = next(
        (parse_version(words[1]) for words in lines if len(words) == 2 and words[0] == "Version"), None
    )
    return f"musl {version}" if version else "musl"


def parse_glibc(text: str) -> str | None:
    """`glibc 2.36` as `getconf GNU_LIBC_VERSION` prints it; None for anything else."""
    words = text[:200].split()
    version = parse_version(words[1]) if len(words) == 2 and words[0] == "glibc" else None
    return f"glibc {version}" if version else None


def architecture(reader: Reader) -> str | None:
    """The architecture that this process sees, such as x86_64 or arm64; None when it is not known."""
    name = parse_told(reader.run(PROCESS).stdout).get("machine") or reader.environ.get(
        "PROCESSOR_ARCHITECTURE"
    )
    if not name and reader.platform == "linux":
        name = reader.line("/proc/sys/kernel/arch")
    shown = clean(str(name), 32) if name else None
    return ARCHITECTURES.get(shown.lower(), shown.lower()) if shown else None


def _version(reader: Reader, told: dict[str, Any]) -> str | None:
    if reader.platform == "darwin":
        return parse_version(reader.run(("/usr/bin/sw_vers", "-productVersion")).stdout)
    if reader.platform == "windows":
        return parse_version(str(told.get("version")))
    named = parse_os_release(reader.text("/etc/os-release") or reader.text("/usr/lib/os-release") or "")
    return clean(f"{named.get('ID', '')} {named.get('VERSION_ID', '')}")


def _libc(reader: Reader, told: dict[str, Any]) -> str | None:
    known = parse_glibc(str(told.get("libc")))
    if known is not None:
        return known
    loaders = [name for name in reader.names("/lib") if _LOADER.fullmatch(name)]
    if loaders:
        # The loader says who it is on standard error, and fails for want of a program.
        return parse_musl(reader.run((f"/lib/{loaders[0]}",)).stderr) or "musl"
    return None if told else parse_glibc(reader.run(("getconf", "GNU_LIBC_VERSION")).stdout)


def _wsl(reader: Reader) -> bool | None:
    for path in ("/proc/sys/kernel/osrelease", "/proc/version"):
        text = reader.line(path)
        if text is not None:
            return parse_wsl(text)
    return True if reader.environ.get("WSL_INTEROP") else None


def _container(reader: Reader) -> bool | None:
    """Marks prove a container. Their absence proves that there is none only in the kernel's first namespaces."""
    if reader.environ.get("KUBERNETES_SERVICE_HOST") or any(reader.exists(mark) for mark in MARKS):
        return True
    manager = reader.line("/run/systemd/container")
    if manager is not None and manager != "wsl":
        return True
    for path in ("/proc/1/cgroup", "/proc/self/cgroup", "/proc/self/mountinfo"):
        if parse_container(reader.text(path) or ""):
            return True
    first = all(reader.link(path) == number for path, number in INITIAL_NAMESPACES.items())
    return False if first else None


def detect(reader: Reader) -> Found:
    """`os`, `os_version`, `arch`, `libc`, `container`, `wsl` and `python`, as far as they are known."""
    found = Found()
    told = parse_told(reader.run(PROCESS).stdout)
    known = reader.platform in ("linux", "darwin", "windows")
    linux = reader.platform == "linux"
    python = parse_version(str(told.get("python")))
    values: dict[str, Any] = {
        "os": clean(reader.platform, 32),
        "os_version": _version(reader, told),
        "arch": architecture(reader),
        "libc": _libc(reader, told) if linux else None,
        "container": _container(reader) if linux else None,
        "wsl": _wsl(reader) if linux else (False if known else None),
        "python": {"version": python, "implementation": clean(str(told["implementation"]), 32)}
        if python and told.get("implementation")
        else None,
    }
    found.machine.update({key: value for key, value in values.items() if value is not None})
    for key in ("os", "arch", "container", "wsl"):
        if values[key] is not None and (key != "os" or known):
            found.facts[key] = values[key]
    if python:
        found.facts["python"] = ".".join(python.split(".")[:2])
    if values["libc"]:
        # "glibc 2.36": rules name the library and its version apart.
        name, _, version = values["libc"].partition(" ")
        found.facts["libc"] = name
        if version:
            found.facts["libc.version"] = version
    if values["os_version"] and values["os"] in ("darwin", "windows"):
        found.facts["os_version"] = values["os_version"]
    if told.get("bits") == 32 and values["arch"] in ("x86_64", "arm64"):
        message = f"this interpreter has 32 bits although the kernel is {values['arch']}"
        found.note("system", "warning", message, "use a 64-bit build of Python")
    return found
