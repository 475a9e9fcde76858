"""iPhones and iPads: what Apple's and libimobiledevice's tools print, and what never leaves the module."""

import json
import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import ios
from probes.reader import Completed, Fixed

DATA = Path(__file__).resolve().parents[2] / "data" / "hardware" / "ios"
RECORDED = json.loads((DATA / "go-ios-devices.json").read_text(encoding="utf-8"))
DEVICECTL = ("xcrun", "devicectl", "list", "devices", "-j")
UDID = "00008110-000A1B2C3D4E0026"


def info(udid, product, version):
    return {
        ("ideviceinfo", "-s", "-u", udid, "-k", "ProductType"): product + "\n",
        ("ideviceinfo", "-s", "-u", udid, "-k", "ProductVersion"): version + "\n",
    }


def test_recorded_devices_through_libimobiledevice():
    commands = {("idevice_id", "-l"): "".join(f"{udid}\n" for udid in RECORDED)}
    for udid, values in RECORDED.items():
        commands.update(info(udid, values["ProductType"], values["ProductVersion"]))
    found = ios.detect(Fixed(commands=commands))
    assert [(t["product_type"], t["os_version"]) for t in found.targets] == [
        ("iPhone15,2", "18.5"),
        ("iPhone14,6", "26.5"),
        ("iPhone14,2", "18.4.1"),
        ("iPhone8,4", "14.3"),
        ("iPhone6,2", "12.5.7"),
    ]
    assert {t["state"] for t in found.targets} == {"connected"}
    assert found.facts == {"ios": True, "ios.version": "18.5", "ios.product_type": "iPhone15,2"}
    assert not any(udid in json.dumps(found.to_dict()) for udid in RECORDED)


def old(transport="wired", pairing="paired", tunnel="disconnected", **hardware):
    """A device as jsonVersion 2 and 3 show it."""
    connection = {"pairingState": pairing, "transportType": transport, "tunnelState": tunnel}
    return {
        "connectionProperties": {key: value for key, value in connection.items() if value is not None},
        "deviceProperties": {"name": "Somebody's iPhone", "osVersionNumber": "18.7.1"},
        "hardwareProperties": {
            "cpuType": {"name": "arm64e", "subType": 2, "type": 16777228},
            "deviceType": "iPhone",
            "ecid": 18446744073709551615,
            "marketingName": "iPhone 13 Pro",
            "platform": "iOS",
            "productType": "iPhone14,2",
            "reality": "physical",
            "serialNumber": "SERIAL_2",
            "udid": UDID,
            **hardware,
        },
        "identifier": "22222222-AAAA-BBBB-CCCC-DDDDDDDDDDDD",
    }


def new(state="connected", **hardware):
    """A device as jsonVersion 5 shows it without the deprecated fields."""
    shown = old(**hardware)
    return {
        "identifier": shown["identifier"],
        "properties": {
            "connection": {"pairingState": "paired", "state": state, "transportType": "wired"},
            "hardware": shown["hardwareProperties"],
            "software": {"osVersionNumber": {"stringValue": "18.7.1", "components": [18, 7, 1, 0, 0]}},
            "state": {"name": "Somebody's iPhone", "developerModeStatus": {"enabled": {"mode": 1}}},
        },
        "visibilityClass": "default",
    }


def listing(*devices, version=3):
    return json.dumps(
        {"info": {"jsonVersion": version, "outcome": "success"}, "result": {"devices": devices}}, indent=2
    )


TABLE = "Devices:\nName   Hostname   Identifier   State\n----   --------   ----------   -----\nSomebody's iPhone  x  y  z\n"
EXPECTED = {
    "kind": "ios",
    "model": "iPhone 13 Pro",
    "state": "connected",
    "abi": "arm64e",
    "os_version": "18.7.1",
    "product_type": "iPhone14,2",
}


@pytest.mark.parametrize(
    "device", [old(), new(), {**old(), **new()}], ids=["version 3", "version 5 alone", "both"]
)
@pytest.mark.parametrize("before", ["", TABLE, 'WARNING: {not json}\n{ "also": not json\n'])
def test_devicectl_by_construction(device, before):
    found = ios.detect(
        Fixed(commands={(*DEVICECTL, "/dev/stdout"): before + listing(device)}, platform="darwin")
    )
    assert found.targets == [EXPECTED]
    assert found.facts == {"ios": True, "ios.version": "18.7.1", "ios.product_type": "iPhone14,2"}
    said = json.dumps(found.to_dict())
    assert not any(secret in said for secret in ("Somebody", UDID, "SERIAL", "22222222", "1844674"))


@pytest.mark.parametrize(
    "device",
    [
        old(reality="simulated", marketingName="iPhone 17 Pro"),
        old(transport="sameMachine", reality=None),
        new(reality="simulated"),
        old(deviceType="appleWatch", productType="Watch6,6", platform="watchOS"),
        old(deviceType="appleTV", productType="AppleTV14,1", platform="tvOS"),
        old(deviceType="mac", productType="Mac15,3", platform="macOS"),
        old(tunnel="unavailable"),
        old(transport=None),
        new(state="unavailable"),
    ],
    ids=[
        "simulator",
        "same machine",
        "simulator 5",
        "watch",
        "tv",
        "mac",
        "remembered",
        "no transport",
        "remembered 5",
    ],
)
def test_what_is_no_attached_phone_by_construction(device):
    assert ios.parse_devicectl(listing(device)) == []
    assert len(ios.parse_devicectl(listing(device, old()))) == 1


def test_a_closed_tunnel_is_no_missing_phone_by_construction():
    assert [
        t["state"] for t in ios.parse_devicectl(listing(old(tunnel="disconnected"), new("disconnected")))
    ] == [
        "connected",
        "connected",
    ]


def test_an_unpaired_phone_is_no_fact_by_construction():
    text = listing(old(pairing="unpaired"))
    found = ios.detect(Fixed(commands={(*DEVICECTL, "/dev/stdout"): text}, platform="darwin"))
    assert [t["state"] for t in found.targets] == ["unpaired"]
    assert found.facts == {}


def test_a_phone_that_says_little_by_construction():
    (record,) = ios.parse_devicectl(listing({"hardwareProperties": {"productType": "iPad13,1"}}))
    assert record == {
        "kind": "ios",
        "model": "iPad13,1",
        "state": None,
        "abi": None,
        "os_version": None,
        "product_type": "iPad13,1",
    }


class WritesFile(Fixed):
    """A devicectl that writes only into a file."""

    def __init__(self, text):
        super().__init__(platform="darwin")
        self.text = text
        self.path = None

    def run(self, argv, timeout=2.0):
        if tuple(argv[:-1]) != DEVICECTL:
            return super().run(argv, timeout)
        if argv[-1] != "/dev/stdout":
            self.path = argv[-1]
            Path(self.path).write_text(self.text, encoding="utf-8")
        return Completed(tuple(argv), 0, TABLE, "", None)


@pytest.mark.parametrize("text", [listing(new(), version=5), "", "{", "\0"])
def test_the_file_is_read_and_removed(text):
    reader = WritesFile(text)
    assert ios.detect(reader).targets == ([EXPECTED] if len(text) > 1 else [])
    assert reader.path.startswith(tempfile.gettempdir())
    assert not os.path.exists(os.path.dirname(reader.path))


def test_devicectl_that_is_slow_is_told_and_libimobiledevice_asked():
    slow = (*DEVICECTL, "/dev/stdout")
    commands = {
        slow: Completed(slow, None, "", "", "timed out"),
        ("idevice_id", "-l"): UDID,
        **info(UDID, "iPad13,1", "18.6"),
    }
    found = ios.detect(Fixed(commands=commands, platform="darwin"))
    assert [(t["model"], t["os_version"]) for t in found.targets] == [("iPad13,1", "18.6")]
    assert [d["level"] for d in found.diagnostics] == ["warning"]


@pytest.mark.parametrize("platform", ["linux", "windows", "freebsd", "darwin"])
def test_xcrun_is_run_on_macos_only(platform, counting):
    reader = counting(platform=platform)
    assert not any(ios.detect(reader).to_dict().values())
    assert any(argv[0] == "xcrun" for argv in reader.asked) == (platform == "darwin")


def bus(vendor, product):
    return {"/sys/bus/usb/devices/1-2/idVendor": vendor, "/sys/bus/usb/devices/1-2/idProduct": product}


@pytest.mark.parametrize(
    "files, asks",
    [
        (bus("05ac", "12a8"), True),
        (bus("05ac", "024f"), False),
        (bus("18d1", "12a8"), False),
        ({}, True),
    ],
    ids=["phone", "keyboard", "another vendor", "no bus to see"],
)
def test_on_linux_the_usb_bus_decides(files, asks, counting):
    reader = counting(files=files)
    ios.detect(reader)
    assert (("idevice_id", "-l") in reader.asked) == asks


def test_a_phone_that_trusts_nobody_is_listed():
    found = ios.detect(Fixed(commands={("idevice_id", "-l"): UDID + "\n"}))
    assert [(t["model"], t["state"]) for t in found.targets] == [(None, None)]
    assert "trust" in found.diagnostics[0]["hint"]
    assert found.facts == {}
    assert UDID not in json.dumps(found.to_dict())


def test_no_question_makes_the_phone_ask_its_owner(counting):
    reader = counting(commands={("idevice_id", "-l"): UDID, **info(UDID, "iPhone15,2", "18.5")})
    ios.detect(reader)
    asked = [argv for argv in reader.asked if argv[0] == "ideviceinfo"]
    assert asked and all("-s" in argv for argv in asked)
    assert {argv[-1] for argv in asked} == {"ProductType", "ProductVersion"}


def test_at_most_eight_devices_are_asked(counting):
    udids = "".join(f"{n:040x}\n" for n in range(100))
    reader = counting(commands={("idevice_id", "-l"): udids})
    assert len(ios.detect(reader).targets) == 8
    assert len(reader.asked) < 32
    assert len(ios.parse_idevice_id(udids)) == 64


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        (f"{UDID}\n{UDID}\n", [UDID]),
        (f"{UDID} (USB)\n{'a' * 40} (Network)\n", [UDID]),
        ("ERROR: Unable to retrieve device list!\n", []),
        ("-rf\n--help\n" + "a" * 39, []),
    ],
)
def test_udids(text, expected):
    assert ios.parse_idevice_id(text) == expected


@pytest.mark.parametrize(
    "product, version, expected",
    [
        ("iPhone15,2\n", "18.5\n", ("iPhone15,2", "18.5")),
        ("iPad13,1", "", ("iPad13,1", None)),
        ("iPad13,1", "NaN", ("iPad13,1", None)),
        ("iPad13,1", "9" * 10_000, ("iPad13,1", None)),
        ("Watch6,6", "11.5", None),
        ("AppleTV14,1", "18.0", None),
        ("", "18.0", None),
    ],
)
def test_product_and_version(product, version, expected):
    record = ios.parse_ideviceinfo(product, version)
    assert (record and (record["product_type"], record["os_version"])) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{" * 1_000_000,
        "{\n" * 100_000,
        "[" * 1_000_000,
        '{"a":' * 100_000,
        " " * 10_000_000,
        "x" * 10_000_000,
        "null",
        '{"result": {"devices": [null, 1, [], {}, {"properties": 3}, {"hardwareProperties": {"deviceType": []}}]}}',
        '{"result": {"devices": [{"hardwareProperties": {"deviceType": "iPhone", "marketingName": NaN}}]}}',
        '{"result": {"devices": [{"hardwareProperties": {"deviceType": "iPhone", "marketingName": "\\u0007\\ud800"}}]}}',
        '{"result": {"devices": {"a": 1}}}',
        '{"result": {"n": ' + "9" * 4_000_000 + ', "devices": []}}',
        listing(*[old()] * 5000),
    ],
)
def test_hostile_listings_are_bounded(text):
    start = time.perf_counter()
    found = ios.parse_devicectl(text)
    assert len(found) <= 64
    assert json.dumps(found, allow_nan=False)
    assert all(t["model"] is None or t["model"].isprintable() for t in found)
    assert time.perf_counter() - start < 4


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["result", "devices", "properties", "hardware", "hardwareProperties", "deviceType", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.text(), st.binary().map(lambda b: b.decode("utf-8", "replace"))),
    JSON,
    st.lists(JSON, max_size=3),
)
def test_any_text_is_parsed(text, value, devices):
    for given_text in (text, json.dumps(value), json.dumps({"result": {"devices": devices}})):
        json.dumps(ios.parse_devicectl(given_text), allow_nan=False)
    ios.parse_idevice_id(text)
    ios.parse_ideviceinfo(text, text)
