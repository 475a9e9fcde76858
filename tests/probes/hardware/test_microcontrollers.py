"""Microcontroller boards: recorded listings, bridges without a name, and devices that are no boards."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import microcontrollers, usb
from probes.reader import Fixed

DATA = Path(__file__).parents[2] / "data/hardware/microcontrollers"
prop = settings(deadline=None, derandomize=True, max_examples=60)


def attached(*ids, more=()):
    """A reader with USB devices of these ids at 1-1, 1-2 and so on."""
    files = dict(more)
    for number, pair in enumerate(ids, 1):
        vendor, _, product = pair.partition(":")
        folder = f"{usb.SYSFS}/1-{number}"
        files.update({f"{folder}/idVendor": vendor, f"{folder}/idProduct": product})
        files.update({f"{folder}/serial": "SECRET", f"{folder}/product": "SECRET name"})
    return Fixed(files)


def from_dmesg(text):
    """The sysfs of the devices and ports that the kernel's log names."""
    files = {}
    new = r"usb (\S+): New USB device found, idVendor=(\w+), idProduct=(\w+)"
    for path, vendor, product in re.findall(new, text):
        files[f"{usb.SYSFS}/{path}/idVendor"] = vendor
        files[f"{usb.SYSFS}/{path}/idProduct"] = product
    for interface, port in re.findall(r"cdc_acm (\S+): (tty\w+): USB ACM device", text):
        files[f"{usb.SYSFS}/{interface}/tty/{port}/dev"] = ""
    return Fixed(files)


def boards(reader):
    """Model, ids and port of each target."""
    found = microcontrollers.detect(reader)
    assert not (found.machine or found.accelerators or found.facts or found.diagnostics)
    assert {t["kind"] for t in found.targets} <= {"microcontroller"}
    assert "SECRET" not in str(found.to_dict())
    return [(t["model"], t["usb_id"], t["port"]) for t in found.targets]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("lsusb-esp32s3.txt", [("ESP32 family board", "303a:1001", None)]),
        ("lsusb-ch340.txt", [("serial bridge, board unknown", "1a86:7523", None)]),
    ],
)
def test_recorded_lsusb(file, expected):
    assert boards(Fixed(commands={("lsusb",): (DATA / file).read_text()})) == expected


def test_recorded_log_of_a_pico():
    text = (DATA / "dmesg-pico.txt").read_text()
    assert boards(from_dmesg(text)) == [("RP2040 board", "2e8a:000a", "ttyACM0")]


@pytest.mark.parametrize("ids", ["1a86:7523", "10c4:ea60", "0403:6001"])
def test_a_bridge_does_not_name_the_board(ids):
    assert boards(attached(ids)) == [("serial bridge, board unknown", ids, None)]


@pytest.mark.parametrize(
    ("ids", "model", "state"),
    [
        ("2e8a:0003", "RP2040 board", "boot"),
        ("2e8a:000f", "RP2350 board", "boot"),
        ("2e8a:000a", "RP2040 board", "connected"),
        ("2e8a:0005", "RP2040 or RP2350 board", "connected"),
        ("303a:1001", "ESP32 family board", "connected"),
        ("239a:8014", "CircuitPython board", "connected"),
        ("2341:0043", "Arduino Uno", "connected"),
        ("2341:0042", "Arduino Mega 2560", "connected"),
        ("2341:8036", "Arduino Leonardo", "connected"),
        ("2341:0036", "Arduino Leonardo", "boot"),
    ],
)
def test_constructed_boards(ids, model, state):
    (found,) = microcontrollers.detect(attached(ids)).targets
    assert (found["model"], found["state"], found["usb_id"]) == (model, state, ids)


@pytest.mark.parametrize(
    "ids",
    [
        "2e8a:000d",  # Raspberry Pi USB hub
        "2e8a:0010",  # keyboard of a Raspberry Pi 500
        "2e8a:0030",  # flash drive
        "2e8a:000c",  # debug probe
        "303a:8000",  # a product with a chip of Espressif
        "2341:003b",  # Arduino's serial adapter
        "1d6b:0002",
        "18d1:4ee7",
    ],
)
def test_other_devices_are_no_boards(ids):
    assert boards(attached(ids)) == []


def test_ports_belong_to_their_own_device():
    more = {
        f"{usb.SYSFS}/1-1:1.0/tty/ttyACM3/dev": "",
        f"{usb.SYSFS}/1-2:1.0/ttyUSB0/port_number": "",
        # The device 1-10 is another one than 1-1.
        f"{usb.SYSFS}/1-10:1.0/tty/ttyACM9/dev": "",
    }
    reader = attached("2e8a:000a", "10c4:ea60", "303a:1001", more=more)
    assert [port for _, _, port in boards(reader)] == ["ttyACM3", "ttyUSB0", None]


def test_nothing_but_a_port_name_is_a_port():
    more = {f"{usb.SYSFS}/1-1:1.0/tty/{'x' * 50}/dev": "", f"{usb.SYSFS}/1-1:1.0/ttyACM0\n/dev": ""}
    assert boards(attached("2e8a:000a", more=more)) == [("RP2040 board", "2e8a:000a", None)]


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform):
    assert boards(Fixed(platform=platform)) == []


def test_the_number_of_devices_is_limited():
    assert len(boards(attached(*["2e8a:000a"] * 200))) == microcontrollers.DEVICES_LIMIT


@prop
@given(st.text(), st.text())
def test_any_text_is_accepted(vendor, product):
    known = {None, microcontrollers.BRIDGE, "CircuitPython board", *microcontrollers.BOARDS.values()}
    assert microcontrollers.parse_board(vendor, product) in known
    boards(attached(f"{vendor}:{product}"))
    boards(Fixed(commands={("lsusb",): vendor}))
