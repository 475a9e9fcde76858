"""The USB bus: recorded `lsusb` outputs, sysfs, and that no serial number is read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import usb
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware"
ROOT_HUB = ("1d6b", "0002")
prop = settings(deadline=None, derandomize=True, max_examples=60)


class Recorder(Fixed):
    """Keeps what was asked for."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.asked = []

    def data(self, path):
        self.asked.append(path)
        return super().data(path)

    def run(self, argv, timeout=2.0):
        self.asked.append(tuple(argv))
        return super().run(argv, timeout)


def sysfs(**devices):
    """Files of sysfs, from `_1_4=("1a6e", "089a")`; every device has a serial number."""
    files = {}
    for name, (vendor, product) in devices.items():
        folder = f"{usb.SYSFS}/{name.strip('_').replace('_', '-')}"
        files[f"{folder}/idVendor"] = vendor + "\n"
        files[f"{folder}/idProduct"] = product + "\n"
        files[f"{folder}/serial"] = "SECRET\n"
    return files


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("coral/lsusb-uninitialised.txt", [("006-002", "1a6e", "089a")]),
        ("coral/lsusb-uninitialised-in-container.txt", [("006-002", "1a6e", "089a")]),
        ("microcontrollers/lsusb-ch340.txt", [("007-003", "1a86", "7523")]),
        ("microcontrollers/lsusb-esp32s3.txt", [("001-009", "303a", "1001"), ("001-001", *ROOT_HUB)]),
    ],
)
def test_recorded_lsusb(file, expected):
    assert [tuple(d) for d in usb.parse_lsusb((DATA / file).read_text())] == expected


def test_ids_in_upper_case_become_lower_case():
    assert usb.parse_lsusb("Bus 001 Device 002: ID 1A6E:089A X") == [usb.Device("001-002", "1a6e", "089a")]
    reader = Fixed(sysfs(_1_4=("1A6E", "089A")))
    assert usb.devices(reader) == [usb.Device("1-4", "1a6e", "089a")]


def test_sysfs_is_enough_and_serial_numbers_are_not_read():
    reader = Recorder(sysfs(_1_4=("1a6e", "089a"), usb1=ROOT_HUB))
    assert usb.devices(reader) == [usb.Device("1-4", "1a6e", "089a"), usb.Device("usb1", *ROOT_HUB)]
    assert {Path(str(path)).name for path in reader.asked} == {"idVendor", "idProduct"}


@pytest.mark.parametrize(
    ("vendor", "product"), [("", "089a"), ("1a6e", ""), ("1a6", "089a"), ("1a6e", "089a9"), ("١٢٣٤", "089a")]
)
def test_a_device_with_broken_ids_is_left_out(vendor, product):
    assert usb.devices(Fixed(sysfs(_1_4=(vendor, product)))) == []


def test_interfaces_without_ids_are_no_devices():
    reader = Fixed({**sysfs(_1_4=("1a6e", "089a")), f"{usb.SYSFS}/1-4:1.0/bInterfaceClass": "ff\n"})
    assert [d.path for d in usb.devices(reader)] == ["1-4"]


def test_without_sysfs_lsusb_answers():
    output = (DATA / "coral/lsusb-uninitialised.txt").read_text()
    assert usb.devices(Fixed(commands={("lsusb",): output})) == [usb.Device("006-002", "1a6e", "089a")]


@pytest.mark.parametrize(
    "done",
    [
        None,
        Completed(("lsusb",), 1, "Bus 006 Device 002: ID 1a6e:089a", "unable to initialize libusb", None),
        Completed(("lsusb",), None, "Bus 006 Device 002: ID 1a6e:089a", "", "timed out"),
    ],
)
def test_a_failed_lsusb_says_nothing(done):
    assert usb.devices(Fixed(commands={("lsusb",): done} if done else {})) == []


@pytest.mark.parametrize("platform", ["darwin", "windows", "freebsd"])
def test_other_systems_are_not_asked_for_lsusb(platform):
    reader = Recorder(platform=platform)
    assert usb.devices(reader) == []
    assert reader.asked == []


def test_the_number_of_devices_is_limited():
    line = "Bus 001 Device 002: ID 1a6e:089a\n"
    assert len(usb.parse_lsusb(line * 5000)) == usb.DEVICES_LIMIT


@prop
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_accepted(text):
    for device in usb.parse_lsusb(text) + usb.parse_lsusb(f"Bus 001 Device 002: ID {text}"):
        assert len(device.vendor) == len(device.product) == 4


def test_a_line_of_ten_megabytes_is_accepted():
    assert usb.parse_lsusb("Bus 001 Device 002: ID 1a6e:089a " + "x" * 10**7) == [
        usb.Device("001-002", "1a6e", "089a")
    ]
