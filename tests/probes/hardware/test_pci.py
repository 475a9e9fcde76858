"""The PCI bus: recordings of lspci, sysfs, and hostile text."""

from __future__ import annotations

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import pci
from probes.reader import Fixed

DATA = Path(__file__).parents[2] / "data" / "hardware" / "pci"


def recording(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def test_a_hybrid_laptop_has_two_display_devices():
    devices = pci.parse_lspci(recording("lspci-Dnn-hybrid-nvidia-amd.txt"))
    assert devices == [
        pci.Device("0000:01:00.0", 0x10DE, 0x25A0, 0x0300, None),
        pci.Device("0000:74:00.0", 0x1002, 0x1681, 0x0300, None),
    ]
    assert all(device.is_display for device in devices)


def test_without_ids_nothing_is_sure():
    assert pci.parse_lspci(recording("lspci-hybrid-intel-nvidia.txt")) == []


def test_lines_of_verbose_output_by_construction():
    text = (
        "00:00.0 Host bridge [0600]: Intel Corporation Host Bridge/DRAM Registers [8086:1904] (rev 08)\n"
        "00:02.0 VGA compatible controller [0300]: Intel Corporation Skylake GT2 [HD Graphics 520] [8086:1916] "
        "(rev 07) (prog-if 00 [VGA controller])\n"
        "\tSubsystem: Dell Skylake GT2 [HD Graphics 520] [1028:0704]\n"
        "\tCapabilities: [a0] Express Root Port (Slot+), MSI 00\n"
        "\tKernel driver in use: i915\n"
        "01:00.0 VGA compatible controller [0300]: Advanced Micro Devices, Inc. [AMD/ATI] RV730/M96 [Mobility Radeon "
        "HD 4650/5165] [1002:9488]\n"
    )
    display = [device for device in pci.parse_lspci(text) if device.is_display]
    assert [(gpu.address, gpu.vendor, gpu.device) for gpu in display] == [
        ("0000:00:02.0", 0x8086, 0x1916),
        ("0000:01:00.0", 0x1002, 0x9488),
    ]


def test_addresses_have_one_form():
    assert pci.address("00000000:01:00.0") == "0000:01:00.0"
    assert pci.address("01:00.0") == "0000:01:00.0"
    assert pci.address("0000:C3:1F.7") == "0000:c3:1f.7"
    assert pci.address("10000:e1:00.0") == "10000:e1:00.0"
    for wrong in ("", "amdgpu_xcp_1", "01:00.8", "0000:01:00.0\n; rm", "0000:01:00", "x" * 10_000):
        assert pci.address(wrong) is None


def test_sysfs_gives_the_driver_and_lspci_is_not_asked():
    folder = pci.SYSFS + "/0000:01:00.0"
    reader = Fixed(
        files={
            folder + "/vendor": "0x10de\n",
            folder + "/device": "0x25a0\n",
            folder + "/class": "0x030000\n",
        },
        links={folder + "/driver": "../../../bus/pci/drivers/nvidia"},
        commands={("lspci", "-Dnn"): recording("lspci-Dnn-hybrid-nvidia-amd.txt")},
    )
    assert pci.devices(reader) == [pci.Device("0000:01:00.0", 0x10DE, 0x25A0, 0x0300, "nvidia")]


def test_unreadable_numbers_are_not_known():
    folder = pci.SYSFS + "/0000:01:00.0"
    reader = Fixed(
        files={folder + "/vendor": b"\xff\xfe\0", folder + "/device": "9" * 10_000, folder + "/class": ""}
    )
    (device,) = pci.devices(reader)
    assert (device.vendor, device.device, device.klass, device.is_display) == (None, None, None, False)


def test_without_sysfs_lspci_is_asked_on_linux_only():
    commands = {("lspci", "-Dnn"): recording("lspci-Dnn-hybrid-nvidia-amd.txt")}
    assert len(pci.devices(Fixed(commands=commands))) == 2
    assert pci.devices(Fixed(commands=commands, platform="darwin")) == []
    assert pci.devices(Fixed()) == []


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
def test_any_text_is_survived(text: str):
    pci.address(text)
    for device in pci.parse_lspci(text) + pci.parse_lspci("01:00.0 VGA [0300]: " + text):
        assert pci.address(device.address) == device.address


@given(st.dictionaries(st.sampled_from(["vendor", "device", "class", "driver"]), st.binary()))
def test_any_sysfs_is_survived(files: dict[str, bytes]):
    folder = pci.SYSFS + "/0000:01:00.0/"
    pci.devices(Fixed(files={folder + name: content for name, content in files.items()}))


def test_long_lines_take_no_time():
    start = time.perf_counter()
    for text in (
        "00:02.0 " + "[" * 5_000_000,
        "00:02.0 VGA [0300]: " + "[8086:19" * 600_000,
        "00:02.0 VGA [0300]: x [8086:1916]\n" * 100_000,
    ):
        assert len(pci.parse_lspci(text)) <= pci.DEVICES_LIMIT
    assert time.perf_counter() - start < 2
