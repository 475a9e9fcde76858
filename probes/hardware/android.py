"""Android devices that `adb` reaches, and this machine where it runs Android itself.

1. On Linux: a USB interface of the debug bridge, or a server or emulator that listens. 2. `adb devices -l`.
3. For each device that answers: `getprop`, `/proc/meminfo`, and `/proc/cpuinfo` where no property names the chip.
"""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

from probes.reader import Completed, Reader
from probes.record import Found, clean, target, whole

DEVICES_LIMIT = 64
ASKED_LIMIT = 8
BUDGET_S = 10.0
"""No further device is asked for its properties after this time; those that are left are listed with their state."""
TEXT_LIMIT = 1 << 22
LINE_LIMIT = 1000
ABIS_LIMIT = 8

# connection states of adb.cpp and transport.cpp
STATES = "no permissions|device|unauthorized|authorizing|offline|connecting|recovery|sideload|rescue|bootloader|host|detached"
HINTS = {
    "unauthorized": "unlock the device and accept the USB debugging dialog",
    "authorizing": "unlock the device and accept the USB debugging dialog",
    "no permissions": "install the Android udev rules, join the group plugdev, then plug the device in again",
    "offline": "plug the device in again, or run `adb reconnect offline`",
}


class Listed(NamedTuple):
    """One line of `adb devices -l`. `serial` serves to address the device and must not leave this module."""

    serial: str
    state: str | None
    """One of `STATES`; None when the word is not one of them."""
    model: str | None
    """With blanks where the list has underscores; None when it is not given."""
    network: bool
    """Whether it is reached over a network: the same device may be listed a second time."""
    emulator: bool


# ZX1G22JJWR             device usb:3-3 product:shamu model:Nexus_6 device:shamu features:cmd,shell_v2
# ????????????           no permissions (missing udev rules? user is in the plugdev group); see [http://...] usb:1-2
# adb-0123456789 (2)._adb-tls-connect._tcp device product:lynx model:Pixel_7a device:lynx transport_id:2426
_STATE = re.compile(r"\s(" + STATES.replace(" ", r"\s") + r")(?=[\s;(]|$)")
# 0123456789ABCDEF       word usb:1-2 transport_id:4
_UNKNOWN_STATE = re.compile(r"^(\S+)\s+[a-z][a-z -]{0,40}\s(?:usb|product|model|transport_id):")
_NOISE = re.compile(r"\*|List of devices|adb[ :.]|adb\.exe|daemon |error[: ]|warning[: ]", re.IGNORECASE)
_MODEL = re.compile(r"\smodel:(\S{1,200})")
_NETWORK = re.compile(r"\._adb(?:-tls-connect|-tls-pairing)?\._tcp|:\d{1,5}$")


def parse_devices(text: str) -> list[Listed]:
    """Devices in the output of `adb devices` or `adb devices -l`; lines about the daemon and the header are skipped."""
    found = []
    for line in text[:TEXT_LIMIT].splitlines():
        line = line[:LINE_LIMIT].strip()
        if not line or (_NOISE.match(line) and "._tcp" not in line):
            continue
        state = _STATE.search(line)
        unknown = None if state else _UNKNOWN_STATE.match(line)
        if state is not None:
            serial, rest, word = line[: state.start()].rstrip(), line[state.end() :], state[1]
        elif unknown is not None:
            serial, rest, word = unknown[1], line[unknown.end(1) :], None
        else:
            continue
        if not serial or not serial.isprintable():
            continue
        model = _MODEL.search(rest)
        found.append(
            Listed(
                serial,
                " ".join(word.split()) if word else None,
                clean(model[1].replace("_", " ")) if model else None,
                _NETWORK.search(serial) is not None,
                serial.startswith("emulator-"),
            )
        )
        if len(found) >= DEVICES_LIMIT:
            break
    return found


PROPERTIES = {
    "ro.product.model": "model",
    "ro.build.version.release": "os_version",
    "ro.build.version.sdk": "sdk",
    "ro.soc.model": "soc",
    "ro.board.platform": "platform",
    "ro.product.cpu.abilist": "abilist",
    "ro.product.cpu.abi": "abi",
    "ro.product.cpu.abi2": "abi2",
    "ro.boot.qemu": "qemu",
    "ro.kernel.qemu": "qemu",
}
"""What is read of the properties, which hold serial numbers as well."""
# [ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a,armeabi]     (getprop)
# ro.product.cpu.abilist=arm64-v8a,armeabi-v7a,armeabi          (build.prop)
_PROPERTY = re.compile(r"(?:\[(ro\.[\w.]{1,60})\]: \[|(ro\.[\w.]{1,60})=)(.{0,600})$")


def parse_properties(text: str) -> dict[str, Any]:
    """What `getprop` or a `build.prop` file says: model, os_version, sdk (int), soc, platform, abis, emulator.

    `abis` has the preferred one first. Only keys with a known value are there; the first of two lines counts, as on
    the device, where a property `ro.` is set once.
    """
    raw: dict[str, str] = {}
    for line in text[:TEXT_LIMIT].splitlines():
        match = _PROPERTY.match(line[:LINE_LIMIT].rstrip()) if line.startswith(("[ro.", "ro.")) else None
        if match is None:
            continue
        key = PROPERTIES.get(match[1] or match[2])
        value = clean(match[3][:-1] if match[1] and match[3].endswith("]") else match[3])
        if key is not None and value is not None:
            raw.setdefault(key, value)
    listed = raw.get("abilist") or ",".join(raw[key] for key in ("abi", "abi2") if key in raw)
    abis = [
        word for word in (part.strip() for part in listed.split(",")) if re.fullmatch(r"[\w-]{1,32}", word)
    ]
    found: dict[str, Any] = {
        key: raw[key] for key in ("model", "os_version", "soc", "platform") if key in raw
    }
    sdk = whole(raw.get("sdk"))
    if sdk is not None and 0 < sdk < 10_000:
        found["sdk"] = sdk
    if abis:
        found["abis"] = list(dict.fromkeys(abis))[:ABIS_LIMIT]
    if raw.get("qemu") == "1":
        found["emulator"] = True
    return found


# MemTotal:        3809036 kB
_MEMORY = re.compile(r"^MemTotal:[ \t]{1,40}(\d{1,18}) kB", re.MULTILINE)


def parse_meminfo(text: str) -> int | None:
    """Memory in MiB that the kernel manages, less than what is built in; None when it is not said."""
    match = _MEMORY.search(text[:65536])
    return int(match[1]) // 1024 or None if match else None


# Hardware	: Qualcomm Technologies, Inc MSM8996pro
_HARDWARE = re.compile(r"^Hardware[ \t]{0,40}:(.{1,400})$", re.MULTILINE)


def parse_cpuinfo(text: str) -> str | None:
    """The chip that `/proc/cpuinfo` names, as kernels before Linux 5 did on ARM; None when it names none."""
    match = _HARDWARE.search(text[:TEXT_LIMIT])
    return clean(match[1]) if match else None


# [ro.serialno]: [0123456789ABCDEF]
_SERIAL = re.compile(r"^\[ro\.(?:boot\.)?serialno\]: \[([^\]\n]{1,100})\]", re.MULTILINE)


def detect(reader: Reader) -> Found:
    """Android devices as targets; a device that is listed twice, over USB and over a network, is one target."""
    found = Found()
    _this_machine(reader, found)
    sign = _sign(reader)
    if sign is False:
        return found
    listing = reader.run(["adb", "devices", "-l"])
    if listing.error == "not found" and sign:
        found.note(
            "android",
            "info",
            "a USB device offers the Android debug bridge, but adb is not on the path",
            "install the Android SDK Platform-Tools",
        )
    elif listing.error == "timed out":
        found.note(
            "android", "warning", "adb did not answer in time", "run `adb start-server`, then probe again"
        )
    elif listing.error is None and listing.returncode != 0:
        found.note("android", "warning", f"adb ended with exit status {listing.returncode}")
    _targets(reader, parse_devices(listing.stdout), found)
    return found


def _targets(reader: Reader, devices: list[Listed], found: Found) -> None:
    known: list[tuple[tuple[str, dict[str, Any]], bool]] = []
    asked = left = 0
    deadline = time.monotonic() + BUDGET_S
    # Cable first: what comes over a network later may be the same device.
    for device in sorted(devices, key=lambda d: (d.state != "device", d.network)):
        values: dict[str, Any] = {}
        if device.state == "device":
            if asked >= ASKED_LIMIT or time.monotonic() > deadline:
                left += 1
            else:
                asked += 1
                done = _shell(reader, device, "getprop")
                serial = _SERIAL.search(done.stdout)
                values = _details(reader, device, done)
                identity = (serial[1] if serial else device.serial, values)
                if any(identity == other and (network or device.network) for other, network in known):
                    continue
                known.append((identity, device.network))
        elif device.state in HINTS:
            found.note("android", "warning", f"an Android device is {device.state}", HINTS[device.state])
        _add(found, device.state, {"model": device.model, **values}, device.emulator)
    if left:
        found.note("android", "info", f"{left} more Android devices were not asked for their properties")


def _details(reader: Reader, device: Listed, properties: Completed) -> dict[str, Any]:
    values = parse_properties(properties.stdout)
    if properties.error is not None:
        return values
    memory = parse_meminfo(_shell(reader, device, "cat", "/proc/meminfo").stdout)
    if memory is not None:
        values["memory_mib"] = memory
    if "soc" not in values:
        values["soc"] = parse_cpuinfo(_shell(reader, device, "cat", "/proc/cpuinfo").stdout)
    return values


def _shell(reader: Reader, device: Listed, *command: str) -> Completed:
    return reader.run(["adb", "-s", device.serial, "shell", *command])


def _add(found: Found, state: str | None, values: dict[str, Any], emulator: bool) -> None:
    abis = values.get("abis")
    record = target(
        "android",
        model=values.get("model"),
        state=state,
        abi=abis[0] if abis else None,
        os_version=values.get("os_version"),
        abis=abis,
        sdk=values.get("sdk"),
        soc=values.get("soc"),
        platform=values.get("platform"),
        memory_mib=values.get("memory_mib"),
        emulator=emulator or values.get("emulator", False),
    )
    found.targets.append(record)
    if record["emulator"] or "android" in found.facts or state not in ("device", "this machine"):
        return
    found.facts["android"] = True
    for key in ("abi", "sdk", "soc", "memory_mib"):
        if record[key] is not None:
            found.facts[f"android.{key}"] = record[key]


def _this_machine(reader: Reader, found: Found) -> None:
    """Termux and the like, where the detectors run on the device."""
    if reader.platform != "android" and not reader.exists("/system/build.prop"):
        return
    done = reader.run(["getprop"])
    values = parse_properties(done.stdout if done.ok else reader.text("/system/build.prop") or "")
    if values:
        memory = parse_meminfo(reader.text("/proc/meminfo") or "")
        soc = values.get("soc") or parse_cpuinfo(reader.text("/proc/cpuinfo") or "")
        _add(found, "this machine", {**values, "memory_mib": memory, "soc": soc}, False)


USB = "/sys/bus/usb/devices"
INTERFACES_LIMIT = 1024
#   sl  local_address rem_address   st ...
#    0: 0100007F:13AD 00000000:0000 0A ...      13AD is 5037, 0A is LISTEN
_LISTENS = re.compile(r"^ *\d+: [0-9A-F]{8,32}:([0-9A-F]{4}) [0-9A-F]{8,32}:0000 0A ", re.MULTILINE)
SERVER_PORT = 5037
EMULATOR_PORTS = range(5555, 5587, 2)


def parse_listening(text: str) -> set[int]:
    """Ports on which something listens, from `/proc/net/tcp` or `/proc/net/tcp6`."""
    return {int(port, 16) for port in _LISTENS.findall(text[:TEXT_LIMIT])}


def _sign(reader: Reader) -> bool | None:
    """Whether an Android device may be there: asking adb starts a server, which is not done for nothing.

    True for a debug interface on USB, False where all places could be seen and there is nothing, else None.
    """
    if reader.platform != "linux" or any(name.startswith(("ADB_", "ANDROID_")) for name in reader.environ):
        return None
    names = reader.names(USB)
    for name in names[:INTERFACES_LIMIT]:
        if ":" in name and [
            reader.line(f"{USB}/{name}/bInterface{part}") for part in ("Class", "SubClass", "Protocol")
        ] == ["ff", "42", "01"]:
            return True
    tables = [reader.text(path) for path in ("/proc/net/tcp", "/proc/net/tcp6")]
    ports = {port for table in tables if table for port in parse_listening(table)}
    if not names or tables[0] is None or SERVER_PORT in ports or ports.intersection(EMULATOR_PORTS):
        return None
    return False
