"""Android devices: what adb prints, what the device says of itself, and what never leaves the module."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import android
from probes.reader import Completed, Fixed

DATA = Path(__file__).resolve().parents[2] / "data" / "hardware" / "android"
LIST = ("adb", "devices", "-l")
HEADER = "List of devices attached\n"


def recording(name):
    return (DATA / name).read_text(encoding="utf-8", errors="replace")


def states(text):
    return [(d.state, d.model) for d in android.parse_devices(text)]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("nexus6-features", [("device", "Nexus 6")]),
        ("unauthorized", [("unauthorized", None)]),
        ("no-permissions", [("no permissions", None)]),
        ("daemon-start-noise", []),
    ],
)
def test_recorded_listings(name, expected):
    assert states(recording(f"adb-devices/{name}.txt")) == expected


PHONES = {
    "pixel": ("Pixel", "7.1.2", 25, "arm64-v8a", "msm8996", "Qualcomm Technologies, Inc MSM8996pro"),
    "galaxy-s8-global": ("SM-G950F", "7.0", 24, "arm64-v8a", "exynos5", None),
    "nexus5x": ("Nexus 5X", "7.1.1", 25, "arm64-v8a", "msm8992", "Qualcomm Technologies, Inc MSM8992"),
    "moto-g-gen5": (
        "Moto G (5)",
        "7.0",
        24,
        "armeabi-v7a",
        "msm8937",
        "Qualcomm Technologies, Inc MSM8937",
    ),
}


@pytest.mark.parametrize("phone", PHONES)
def test_recorded_phones(phone):
    model, release, sdk, abi, platform, chip = PHONES[phone]
    found = android.parse_properties(recording(f"phones/{phone}.build.prop"))
    assert (found["model"], found["os_version"], found["sdk"]) == (model, release, sdk)
    assert (found["abis"][0], found["platform"]) == (abi, platform)
    assert "soc" not in found and "emulator" not in found
    assert android.parse_cpuinfo(recording(f"phones/{phone}.cpuinfo")) == chip


def getprop(**values):
    names = {
        "model": "ro.product.model",
        "release": "ro.build.version.release",
        "sdk": "ro.build.version.sdk",
        "soc": "ro.soc.model",
        "abilist": "ro.product.cpu.abilist",
        "serial": "ro.serialno",
        "qemu": "ro.boot.qemu",
    }
    return "".join(f"[{names[key]}]: [{value}]\n" for key, value in values.items())


PIXEL7 = {
    "model": "Pixel 7",
    "release": "14",
    "sdk": "34",
    "soc": "GS201",
    "abilist": "arm64-v8a,armeabi-v7a,armeabi",
}


def phone(serial, properties, meminfo="MemTotal:        7750388 kB\nMemFree: 1 kB\n", cpuinfo=""):
    shell = ("adb", "-s", serial, "shell")
    return {
        (*shell, "getprop"): properties,
        (*shell, "cat", "/proc/meminfo"): meminfo,
        (*shell, "cat", "/proc/cpuinfo"): cpuinfo,
    }


def test_a_device_is_described_without_its_serial_number():
    line = "0A1B2C3D4E5F    device usb:1-2 product:panther model:Pixel_7 device:panther transport_id:1\n"
    reader = Fixed(
        commands={
            LIST: HEADER + line,
            **phone("0A1B2C3D4E5F", getprop(**PIXEL7, serial="0A1B2C3D4E5F")),
        }
    )
    found = android.detect(reader)
    assert found.targets == [
        {
            "kind": "android",
            "model": "Pixel 7",
            "state": "device",
            "abi": "arm64-v8a",
            "os_version": "14",
            "abis": ["arm64-v8a", "armeabi-v7a", "armeabi"],
            "sdk": 34,
            "soc": "GS201",
            "platform": None,
            "memory_mib": 7568,
            "emulator": False,
        }
    ]
    assert found.facts == {
        "android": True,
        "android.abi": "arm64-v8a",
        "android.sdk": 34,
        "android.soc": "GS201",
        "android.memory_mib": 7568,
    }
    assert "0A1B2C3D4E5F" not in json.dumps(found.to_dict())


@pytest.mark.parametrize("name", PHONES)
def test_a_recorded_phone_through_adb_by_construction(name):
    model, release, sdk, abi, platform, chip = PHONES[name]
    lines = [
        line.partition("=")
        for line in recording(f"phones/{name}.build.prop").splitlines()
        if line.startswith("ro.") and "=" in line
    ]
    properties = "".join(f"[{key}]: [{value}]\n" for key, _, value in lines)
    reader = Fixed(
        commands={
            LIST: HEADER + "X1\tdevice\n",
            **phone("X1", properties, cpuinfo=recording(f"phones/{name}.cpuinfo")),
        }
    )
    (record,) = android.detect(reader).targets
    assert (record["model"], record["os_version"], record["sdk"]) == (model, release, sdk)
    assert (record["abi"], record["platform"], record["soc"]) == (abi, platform, chip)


def test_android_3_lists_its_abis_one_by_one_by_construction():
    found = android.parse_properties(
        "[ro.product.cpu.abi2]: [armeabi]\n[ro.product.cpu.abi]: [armeabi-v7a]\n[ro.build.version.sdk]: [13]\n"
    )
    assert found == {"abis": ["armeabi-v7a", "armeabi"], "sdk": 13}


@pytest.mark.parametrize(
    "line, state, model",
    [
        (
            "????????????           no permissions (missing udev rules? user is in the plugdev group); see "
            "[http://developer.android.com/tools/device.html] usb:1-2 transport_id:3",
            "no permissions",
            None,
        ),
        ("????????????\tno permissions", "no permissions", None),
        ("04032ab809ef3131       offline usb:3-4", "offline", None),
        ("84B7N15A07007628       unauthorized usb:437387264X", "unauthorized", None),
        ("X1\trecovery", "recovery", None),
        (
            "adb-35121JEHN28132-jr888A (2)._adb-tls-connect._tcp device product:lynx model:Pixel_7a device:lynx",
            "device",
            "Pixel 7a",
        ),
        ("adb-4c753791-lL2him (2)._adb-tls-connect._tcp\tdevice", "device", None),
        ("adb-0A1B2C-abcdef._adb-tls-connect._tcp offline", "offline", None),
        (
            "192.168.0.104:40559     device product:a model:B_2 device:c mood:blue transport_id:7",
            "device",
            "B 2",
        ),
        ("0123456789ABCDEF       pondering usb:1-2 transport_id:4", None, None),
    ],
)
def test_lines_that_break_other_parsers(line, state, model):
    (found,) = android.parse_devices(HEADER + line + "\n\n")
    assert (found.state, found.model) == (state, model)
    assert line.startswith(found.serial)


def test_a_serial_with_blanks_is_kept_as_it_is():
    text = "adb-4c753791-lL2him   (2)._adb-tls-connect._tcp device transport_id:1\n"
    (found,) = android.parse_devices(text)
    assert found.serial == "adb-4c753791-lL2him   (2)._adb-tls-connect._tcp"
    assert found.network


@pytest.mark.parametrize(
    "noise",
    [
        "* daemon not running; starting now at tcp:5037\n* daemon started successfully\n",
        "* daemon not running. starting it now on port 5037 *\n* daemon started successfully *\n",
        "adb server version (41) doesn't match this client (40); killing...\n",
        "adb: device offline\n",
        "error: no device found\n",
        "WARNING: linker: unused DT entry\n",
    ],
)
@pytest.mark.parametrize("form", ["before", "after"])
def test_noise_is_no_device(noise, form):
    line = "X1\tdevice\n"
    text = noise + HEADER + line if form == "before" else HEADER + noise + line
    assert [d.serial for d in android.parse_devices(text)] == ["X1"]
    assert android.parse_devices(noise) == []


def test_a_device_over_usb_and_network_is_one_target():
    properties = getprop(**PIXEL7, serial="5C061J")
    reader = Fixed(
        commands={
            LIST: "adb-5C061J-bo0E0q._adb-tls-connect._tcp\tdevice\n5C061J\tdevice\n192.168.1.2:37571\tdevice\n",
            **phone("5C061J", properties),
            **phone("adb-5C061J-bo0E0q._adb-tls-connect._tcp", properties),
            **phone("192.168.1.2:37571", properties),
        }
    )
    assert len(android.detect(reader).targets) == 1


def test_two_devices_of_one_model_stay_two():
    reader = Fixed(
        commands={
            LIST: "A1\tdevice\nA2\tdevice\n192.168.1.2:5555\tdevice\n",
            **phone("A1", getprop(**PIXEL7, serial="0123456789ABCDEF")),
            **phone("A2", getprop(**PIXEL7, serial="0123456789ABCDEF")),
            **phone("192.168.1.2:5555", getprop(**PIXEL7, serial="another")),
        }
    )
    assert len(android.detect(reader).targets) == 3


def test_an_emulator_is_no_fact():
    reader = Fixed(
        commands={LIST: "emulator-5554\tdevice\n", **phone("emulator-5554", getprop(**PIXEL7, qemu="1"))}
    )
    found = android.detect(reader)
    assert found.targets[0]["emulator"] is True
    assert found.facts == {}


@pytest.mark.parametrize("state", ["unauthorized", "offline", "no permissions", "recovery", "bootloader"])
def test_a_device_that_cannot_be_asked_is_listed_and_not_asked(state, counting):
    reader = counting(commands={LIST: f"{HEADER}X1SECRET\t{state}\n"})
    found = android.detect(reader)
    assert [(t["state"], t["abi"], t["model"]) for t in found.targets] == [(state, None, None)]
    assert reader.asked == [LIST]
    assert found.facts == {}
    assert [bool(d["hint"]) for d in found.diagnostics] == ([True] if state in android.HINTS else [])
    assert "X1SECRET" not in json.dumps(found.to_dict())


def test_a_device_that_does_not_answer_has_only_its_state(counting):
    getprop_command = ("adb", "-s", "X1", "shell", "getprop")
    reader = counting(
        commands={
            LIST: "X1   device model:Pixel_7\n",
            getprop_command: Completed(getprop_command, None, "", "", "timed out"),
        }
    )
    (record,) = android.detect(reader).targets
    assert (record["model"], record["state"], record["sdk"]) == ("Pixel 7", "device", None)
    assert reader.asked == [LIST, getprop_command]


def test_at_most_eight_devices_are_asked(counting):
    reader = counting(commands={LIST: "".join(f"S{n}\tdevice\n" for n in range(80))})
    found = android.detect(reader)
    assert len(found.targets) == 64
    assert sum("getprop" in argv for argv in reader.asked) == 8
    assert [d["message"] for d in found.diagnostics] == [
        "56 more Android devices were not asked for their properties"
    ]


def test_slow_devices_share_one_budget(monkeypatch, counting):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    reader = counting(commands={LIST: "".join(f"S{n}\tdevice\n" for n in range(8))})
    assert len(android.detect(reader).targets) == 8
    assert sum("getprop" in argv for argv in reader.asked) == 2


def test_nothing_there():
    for platform in ("linux", "darwin", "windows"):
        found = android.detect(Fixed(platform=platform)).to_dict()
        assert not any(found.values())


@pytest.mark.parametrize(
    "outcome, level",
    [
        (Completed(LIST, None, "", "", "timed out"), "warning"),
        (Completed(LIST, 1, "", "error: /home/somebody/.android/adbkey", None), "warning"),
    ],
)
def test_adb_that_fails_is_told(outcome, level):
    found = android.detect(Fixed(commands={LIST: outcome}))
    assert [d["level"] for d in found.diagnostics] == [level]
    assert "somebody" not in json.dumps(found.to_dict())
    assert found.targets == []


USB = "/sys/bus/usb/devices"
INTERFACE = {
    f"{USB}/1-2:1.1/bInterfaceClass": "ff\n",
    f"{USB}/1-2:1.1/bInterfaceSubClass": "42\n",
    f"{USB}/1-2:1.1/bInterfaceProtocol": "01\n",
}
KEYBOARD = {
    f"{USB}/1-1:1.0/bInterfaceClass": "03\n",
    f"{USB}/1-1:1.0/bInterfaceSubClass": "01\n",
    f"{USB}/1-1:1.0/bInterfaceProtocol": "01\n",
}
TCP = "  sl  local_address rem_address   st tx_queue rx_queue\n"
LISTENING = TCP + "   0: 0100007F:13AD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000\n"
TALKING = TCP + "   0: 0100007F:13AD 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000\n"


@pytest.mark.parametrize(
    "files, environ, asks",
    [
        ({**KEYBOARD, "/proc/net/tcp": TCP}, {}, False),
        ({**KEYBOARD, "/proc/net/tcp": TALKING}, {}, False),
        ({**KEYBOARD, "/proc/net/tcp": LISTENING}, {}, True),
        ({**KEYBOARD, "/proc/net/tcp": LISTENING.replace("13AD", "15B3")}, {}, True),
        ({**KEYBOARD, "/proc/net/tcp": TCP, "/proc/net/tcp6": LISTENING}, {}, True),
        ({**KEYBOARD, **INTERFACE, "/proc/net/tcp": TCP}, {}, True),
        ({**KEYBOARD, "/proc/net/tcp": TCP}, {"ADB_SERVER_SOCKET": "tcp:host:5037"}, True),
        (KEYBOARD, {}, True),
        ({}, {}, True),
    ],
)
def test_adb_is_asked_unless_all_places_are_empty(files, environ, asks, counting):
    reader = counting(files=files, environ=environ)
    android.detect(reader)
    assert reader.asked == ([LIST] if asks else [])


def test_a_debug_interface_without_adb_is_told():
    found = android.detect(Fixed(files=INTERFACE))
    assert [d["hint"] for d in found.diagnostics] == ["install the Android SDK Platform-Tools"]
    assert found.targets == []


def test_termux_describes_the_machine_itself():
    files = {
        "/system/build.prop": recording("phones/pixel.build.prop"),
        "/proc/meminfo": "MemTotal:        3809036 kB\n",
        "/proc/cpuinfo": recording("phones/pixel.cpuinfo"),
    }
    found = android.detect(Fixed(files=files))
    (record,) = found.targets
    assert (record["state"], record["model"], record["memory_mib"]) == ("this machine", "Pixel", 3719)
    assert record["soc"] == "Qualcomm Technologies, Inc MSM8996pro"
    assert found.facts["android.sdk"] == 25


@pytest.mark.parametrize(
    "text", ["", "MemTotal: kB", "MemTotal:  0 kB", "MemTotal:  " + "9" * 10_000 + " kB", "\0"]
)
def test_memory_that_is_not_said_is_unknown(text):
    assert android.parse_meminfo(text) is None


@pytest.mark.parametrize("value", ["", "NaN", "-1", "0", "9" * 10_000, "1e9", "unknown"])
def test_an_api_level_that_is_no_number_is_unknown(value):
    assert "sdk" not in android.parse_properties(f"[ro.build.version.sdk]: [{value}]\n")


def test_control_characters_and_length():
    found = android.parse_properties("[ro.product.model]: [A\x1b[31m\x07" + "x" * 500 + "]\n")
    assert found["model"].isprintable()
    assert len(found["model"]) <= 200


HOSTILE = [
    "x" * 10_000_000,
    " " * 10_000_000,
    "a " * 1_000_000,
    "a device " * 1_000_000,
    "[ro." * 1_000_000,
    "\n" * 1_000_000,
    "X1\tdevice\n" * 500_000,
    "Hardware" + " " * 1_000_000,
    ("MemTotal:" + " " * 1000 + "\n") * 1000,
    "   0: " * 500_000,
    bytes(range(256)).decode("utf-8", "replace") * 1000,
]
PARSERS = [
    android.parse_devices,
    android.parse_properties,
    android.parse_meminfo,
    android.parse_cpuinfo,
    android.parse_listening,
]


@pytest.mark.parametrize("parse", PARSERS)
def test_large_hostile_text_is_bounded(parse):
    start = time.perf_counter()
    for text in HOSTILE:
        found = parse(text)
        assert found is None or not isinstance(found, list) or len(found) <= 64
    assert time.perf_counter() - start < 8


WORDS = st.sampled_from(
    [
        "X1",
        "\t",
        " ",
        "\n",
        "device",
        "no permissions",
        "model:",
        "[ro.product.model]: [",
        "]",
        "ro.serialno=",
        "(2)",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(), st.binary().map(lambda b: b.decode("utf-8", "replace")), st.lists(WORDS).map("".join)
    )
)
def test_any_text_is_parsed(text):
    for parse in PARSERS:
        parse(text)
    reader = Fixed(commands={LIST: text, **phone("X1", text, text, text)})
    json.dumps(android.detect(reader).to_dict(), allow_nan=False)
