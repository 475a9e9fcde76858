"""Single-board computers: recorded device trees and `/proc/cpuinfo`, and machines that only have a device tree."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import boards
from probes.reader import Fixed

DATA = Path(__file__).parents[2] / "data/hardware/boards"
prop = settings(deadline=None, derandomize=True, max_examples=60)
any_text = st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace")))


def tree(model=None, *compatible, root="/proc/device-tree", more=()):
    """A reader with a device tree; the strings get their NULs here."""
    files = dict(more)
    if model is not None:
        files[f"{root}/model"] = model + "\0"
    if compatible:
        files[f"{root}/compatible"] = "".join(s + "\0" for s in compatible)
    return Fixed(files)


def board(reader):
    """The model of the one target, or None."""
    found = boards.detect(reader)
    assert not (found.machine or found.accelerators or found.facts or found.diagnostics)
    assert len(found.targets) <= 1
    assert all((t["kind"], t["state"], t["abi"]) == ("sbc", None, None) for t in found.targets)
    return found.targets[0]["model"] if found.targets else None


def from_od(text):
    """The files in an output of `od -t x1z`, by name."""
    files = {}
    for part in text.split("$ od -t x1z ")[1:]:
        path, _, dump = part.partition("\n")
        words = re.findall(r"^[0-9]{7} ((?:[0-9a-f]{2} )+)", dump, re.M)
        files[path.rsplit("/", 1)[-1]] = bytes.fromhex("".join(words))
    return files


def test_recorded_raspberry_pi_3():
    files = from_od((DATA / "rpi3-od.txt").read_text())
    assert files["model"].endswith(b"\0")
    reader = Fixed({f"/sys/firmware/devicetree/base/{name}": raw for name, raw in files.items()})
    assert board(reader) == "Raspberry Pi 3 Model B Rev 1.2"
    assert boards.parse_strings(files["compatible"].decode()) == ["brcm,bcm2710", "brcm,bcm2709"]


def test_recorded_raspberry_pi_5_without_a_model():
    lines = (DATA / "rpi5-compatible.txt").read_text().split()
    assert board(tree(None, *lines)) == "Raspberry Pi 5 Model B"


def test_recorded_cpuinfo_of_a_raspberry_pi_4():
    text = (DATA / "raspberry-pi-4b.cpuinfo").read_text()
    assert board(Fixed({"/proc/cpuinfo": text})) == "Raspberry Pi 4 Model B Rev 1.1"


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("a22082", "Raspberry Pi 3 Model B Rev 1.2"),
        ("c03111", "Raspberry Pi 4 Model B Rev 1.1"),
        ("d04170", "Raspberry Pi 5 Model B Rev 1.0"),
        ("902120", "Raspberry Pi Zero 2 W Rev 1.0"),
        # Old style, a type that is not known, no code at all, and a warranty bit.
        ("000e", None),
        ("a22ff2", None),
        ("", None),
        ("2a22082", "Raspberry Pi 3 Model B Rev 1.2"),
    ],
)
def test_constructed_cpuinfo_with_a_revision_code_and_no_model(revision, expected):
    text = f"model name\t: ARMv7 Processor rev 4 (v7l)\n\nHardware\t: BCM2835\nRevision\t: {revision}\nSerial\t\t: 0\n"
    assert board(Fixed({"/proc/cpuinfo": text})) == expected


def test_a_revision_of_another_chip_says_nothing():
    assert boards.parse_cpuinfo("Hardware\t: Qualcomm MSM8996\nRevision\t: a22082\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "model\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\n",
        "Model\t\t: Some Phone\n",
        "Hardware\t: BCM2835\n",
        "x Model : Raspberry Pi 4\n",
    ],
)
def test_other_processors_are_no_board(text):
    assert board(Fixed({"/proc/cpuinfo": text})) is None


@pytest.mark.parametrize(
    ("model", "compatible"),
    [
        ("Raspberry Pi 4 Model B Rev 1.4", ["raspberrypi,4-model-b", "brcm,bcm2711"]),
        ("Raspberry Pi Zero 2 W Rev 1.0", ["raspberrypi,model-zero-2-w", "brcm,bcm2837"]),
        ("Radxa ROCK 5B", ["radxa,rock-5b", "rockchip,rk3588"]),
        ("Orange Pi 5", ["rockchip,rk3588s-orangepi-5", "rockchip,rk3588"]),
        ("Xunlong Orange Pi Zero", ["xunlong,orangepi-zero", "allwinner,sun8i-h2-plus"]),
        ("Hardkernel ODROID-N2", ["hardkernel,odroid-n2", "amlogic,g12b"]),
        ("TI AM335x BeagleBone Black", ["ti,am335x-bone-black", "ti,am335x-bone", "ti,am33xx"]),
        ("Freescale i.MX8MQ Phanbell", ["google,imx8mq-phanbell", "fsl,imx8mq"]),
        ("RevPi Connect 4", ["kunbus,revpi-connect4", "raspberrypi,4-compute-module", "brcm,bcm2711"]),
    ],
)
def test_constructed_boards_of_several_makers(model, compatible):
    assert board(tree(model, *compatible)) == model


@pytest.mark.parametrize(
    ("model", "compatible"),
    [
        ("linux,dummy-virt", ["linux,dummy-virt"]),
        ("Apple MacBook Air (M1, 2020)", ["apple,j313", "apple,t8103", "apple,arm-platform"]),
        ("Lenovo ThinkPad X13s", ["lenovo,thinkpad-x13s", "qcom,sc8280xp"]),
        ("8335-GTG", ["ibm,witherspoon", "ibm,powernv"]),
        ("Pine64 PinePhone (1.2)", ["pine64,pinephone-1.2", "allwinner,sun50i-a64"]),
        ("Pine64 Pinebook Pro", ["pine64,pinebook-pro", "rockchip,rk3399"]),
        ("Google Kevin", ["google,kevin-rev6", "google,kevin", "rockchip,rk3399"]),
        ("Framework FML13V01", ["deepcomputing,fml13v01", "starfive,jh7110"]),
        ("Qualcomm phone", ["qcom,msm8996-mtp", "qcom,msm8996"]),
    ],
)
def test_constructed_machines_with_a_device_tree_that_are_no_boards(model, compatible):
    assert board(tree(model, *compatible)) is None


@pytest.mark.parametrize(
    ("model", "compatible"),
    [
        ("NVIDIA Jetson Nano Developer Kit", ["nvidia,p3450-0000", "nvidia,jetson-nano", "nvidia,tegra210"]),
        ("jetson_tx1", ["nvidia,jetson-cv", "nvidia,tegra210"]),
        ("jetson_tx1", []),
        ("Seeed reComputer J401", ["seeed,recomputer-j401", "nvidia,p3767-0000", "nvidia,tegra234"]),
    ],
)
def test_jetson_boards_are_left_to_their_own_detector(model, compatible):
    assert board(tree(model, *compatible)) is None


def test_without_a_model_another_board_is_called_by_its_compatible_string():
    assert board(tree(None, "radxa,rock-5b", "rockchip,rk3588")) == "radxa,rock-5b"


def test_the_device_tree_wins_over_cpuinfo():
    more = {"/proc/cpuinfo": "Model\t\t: Raspberry Pi 4 Model B Rev 1.1\n"}
    assert board(tree("linux,dummy-virt", "linux,dummy-virt", more=more)) is None


def test_the_serial_number_is_not_in_the_answer():
    text = "Serial\t\t: 10000000SECRET\nModel\t\t: Raspberry Pi 4 Model B Rev 1.1\n"
    found = boards.detect(
        Fixed({"/proc/cpuinfo": text, "/proc/device-tree/serial-number": "10000000SECRET\0"})
    )
    assert "SECRET" not in str(found.to_dict())
    assert len(found.targets) == 1


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform):
    assert boards.detect(Fixed(platform=platform)).to_dict()["targets"] == []


@prop
@given(any_text, st.lists(any_text, max_size=4))
def test_any_text_is_accepted(text, strings):
    assert all(0 < len(s) <= 200 and s.isprintable() for s in boards.parse_strings(text))
    boards.parse_board(text, strings)
    for more in (text, f"Model : Raspberry Pi {text}", f"Hardware : BCM2835\nRevision : {text}"):
        name = boards.parse_cpuinfo(more)
        assert name is None or len(name) <= 200
    name = board(tree(text, *strings))
    assert name is None or (len(name) <= 200 and name.isprintable())


@pytest.mark.parametrize(
    "text", ["Model " * 10**6, "Model" + " " * 10**7, "\0" * 10**7, "a" * 10**7, "\n" * 10**7]
)
def test_very_long_text_is_bounded(text):
    assert boards.parse_cpuinfo(text) is None
    assert len(boards.parse_strings(text)) <= boards.STRINGS_LIMIT
