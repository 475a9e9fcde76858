"""Jetson: the device tree, the release file, and what `detect` makes of them."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import jetson, nvidia, nvidia_smi
from probes.merge import merged
from probes.reader import Completed, Fixed

DATA = Path(__file__).resolve().parents[2] / "data" / "hardware" / "jetson"
CSV = ("nvidia-smi", *nvidia_smi.QUERY)
COMPATIBLE, MODEL = "/proc/device-tree/compatible", "/proc/device-tree/model"
ORIN = "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0nvidia,tegra23x\0"
THOR = "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264\0"
RELEASE = "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: Wed Jan 8\n"
NODE = {"/dev/nvhost-ctrl-gpu": ""}


def quoted(name):
    """What the thread prints for `cat NAME`, for TX1 and Nano."""
    text = (DATA / "jetson-nano-and-tx1.txt").read_text()
    return re.findall(rf"cat {re.escape(name)} = (.*)", text)


def board(compatible=ORIN, model="NVIDIA Jetson AGX Orin Developer Kit\0", **more):
    return {COMPATIBLE: compatible, MODEL: model, "/etc/nv_tegra_release": RELEASE, **NODE, **more}


def test_recording_of_tx1():
    (compatible,) = quoted(COMPATIBLE)
    assert jetson.parse_compatible(compatible) == ("tegra210", True)
    found = jetson.detect(Fixed({COMPATIBLE: compatible, MODEL: quoted(MODEL)[0] + "\0", **NODE}))
    (gpu,), (target,) = found.accelerators, found.targets
    assert (gpu["compute_capability"], gpu["model"]) == ("5.3", "jetson_tx1")
    assert target["model"] == "jetson_tx1"


def test_recording_of_nano():
    # The thread gives no `compatible` of the Nano; its model and release are quoted.
    release = "# R32 (release), REVISION: 3.1, GCID: 1, " + quoted("/etc/nv_tegra_release")[1]
    found = jetson.detect(Fixed({MODEL: quoted(MODEL)[1] + "\0", "/etc/nv_tegra_release": release, **NODE}))
    (gpu,) = found.accelerators
    assert gpu["model"] == "NVIDIA Jetson Nano Developer Kit" and "compute_capability" not in gpu
    assert found.targets[0]["os_version"] == "32.3.1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ORIN, ("tegra234", True)),
        (THOR, ("tegra264", True)),
        ("nvidia,p3449-0000-b00+p3448-0000-b00\0nvidia,jetson-nano\0nvidia,tegra210\0", ("tegra210", True)),
        ("nintendo,odin\0nvidia,tegra210\0", ("tegra210", False)),
        ("asus,tf201\0nvidia,tegra30\0", (None, False)),
        ("raspberrypi,5-model-b\0brcm,bcm2712\0", (None, False)),
        ("nvidia,tegra2340", (None, False)),
        ("", (None, False)),
    ],
)
def test_compatible(text, expected):
    assert jetson.parse_compatible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RELEASE, ("36.4.3", "aarch64")),
        (
            "# R32 (release), REVISION: 7.1, GCID: 1, BOARD: t210ref, EABI: aarch64, DATE: Sat",
            ("32.7.1", "aarch64"),
        ),
        (
            "# R21 (release), REVISION: 5.0, GCID: 1, BOARD: ardbeg, EABI: hard float, DATE: Wed",
            ("21.5.0", "armhf"),
        ),
        ("BOARD: t210ref", (None, None)),
        ("# R" + "9" * 5000 + " (release), REVISION: 1", (None, None)),
        ("", (None, None)),
    ],
)
def test_release(text, expected):
    assert jetson.parse_release(text) == expected


def test_nothing_at_all():
    for platform in ("linux", "darwin", "windows"):
        found = jetson.detect(Fixed(platform=platform)).to_dict()
        assert not any(found.values())


def test_a_raspberry_pi_is_no_jetson():
    found = jetson.detect(Fixed({COMPATIBLE: "raspberrypi,5-model-b\0brcm,bcm2712\0", **NODE}))
    assert not any(found.to_dict().values())


def test_the_release_file_of_a_container_image_alone_is_no_jetson():
    assert not any(jetson.detect(Fixed({"/etc/nv_tegra_release": RELEASE})).to_dict().values())


def test_a_container_hides_the_device_tree():
    found = jetson.detect(Fixed({"/etc/nv_tegra_release": RELEASE, **NODE}))
    (gpu,) = found.accelerators
    assert gpu["l4t"] == "36.4.3" and gpu["model"] is None and "compute_capability" not in gpu


def test_orin_before_nvidia_smi():
    found = jetson.detect(Fixed(board()))
    assert found.accelerators == [
        {
            "vendor": "nvidia",
            "kind": "gpu",
            "model": "NVIDIA Jetson AGX Orin Developer Kit",
            "address": None,
            "memory_mib": None,
            "unified_memory": True,
            "driver": None,
            "compute_capability": "8.7",
            "soc": "tegra234",
            "l4t": "36.4.3",
            "present": True,
            "usable": None,
            "why_not": "the driver is loaded, and nothing here can prove that it works",
        }
    ]
    assert found.targets == [
        {
            "kind": "sbc",
            "model": "NVIDIA Jetson AGX Orin Developer Kit",
            "state": None,
            "abi": "aarch64",
            "os_version": "36.4.3",
            "soc": "tegra234",
        }
    ]
    assert found.facts == {
        "gpu.vendor": "nvidia",
        "gpu.compute_capability": "8.7",
        "jetson.soc": "tegra234",
        "jetson.l4t": "36.4.3",
    }


def test_orin_with_nvidia_smi():
    log = """<?xml version="1.0" ?><nvidia_smi_log><driver_version>540.4.0</driver_version>
    <cuda_version>12.6</cuda_version><gpu id="N/A"><product_name>Orin (nvgpu)</product_name>
    <fb_memory_usage><total>Not Supported</total></fb_memory_usage></gpu></nvidia_smi_log>"""
    csv = "0, Orin (nvgpu), [N/A], [N/A], 540.4.0, [N/A]\n"
    (gpu,) = jetson.detect(Fixed(board(), {CSV: csv, ("nvidia-smi", "-q", "-x"): log})).accelerators
    assert (gpu["driver"], gpu["cuda"], gpu["compute_capability"]) == ("540.4.0", "12.6", "8.7")
    assert (gpu["usable"], gpu["memory_mib"], gpu["unified_memory"]) == (True, None, True)


def test_a_card_beside_orin_is_not_taken_for_its_own_gpu():
    csv = "0, NVIDIA RTX A6000, 00000005:09:00.0, 49140, 540.4.0, 8.6\n"
    (gpu,) = jetson.detect(Fixed(board(), {CSV: csv})).accelerators
    assert (gpu["model"], gpu["compute_capability"]) == ("NVIDIA Jetson AGX Orin Developer Kit", "8.7")


def test_the_gpu_of_orin_has_no_bus_address():
    folder = "/sys/bus/pci/devices/0005:09:00.0"
    bus = {f"{folder}/vendor": "0x10de", f"{folder}/device": "0x2230", f"{folder}/class": "0x030000"}
    (gpu,) = jetson.detect(Fixed(board(**bus))).accelerators
    assert gpu["address"] is None


def test_thor_is_one_gpu_for_both_detectors_by_construction():
    folder = "/sys/bus/pci/devices/0000:01:00.0"
    bus = {f"{folder}/vendor": "0x10de", f"{folder}/device": "0x2b00", f"{folder}/class": "0x030000"}
    nodes = {"/dev/nvidia0": "", "/dev/nvidiactl": "", "/dev/nvidia-uvm": ""}
    files = board(THOR, "NVIDIA Jetson AGX Thor Developer Kit\0", **bus, **nodes)
    csv = "0, NVIDIA Thor, 00000000:01:00.0, [N/A], 580.00, 11.0\n"
    for commands in ({CSV: csv}, {}):
        reader = Fixed(files, commands)
        parts = [detector.detect(reader).to_dict() for detector in (jetson, nvidia)]
        (gpu,) = merged(parts)["accelerators"]
        assert gpu["address"] == "0000:01:00.0" and gpu["unified_memory"] is True
        assert gpu.get("compute_capability") == ("11.0" if commands else None)


def test_present_without_a_driver():
    files = board()
    del files["/dev/nvhost-ctrl-gpu"]
    (gpu,) = jetson.detect(Fixed(files)).accelerators
    assert gpu["usable"] is False and "no device node" in gpu["why_not"]


def test_a_driver_without_permission():
    denied = Completed(CSV, 4, "Failed to initialize NVML: Insufficient Permissions\n", "", None)
    (gpu,) = jetson.detect(Fixed(board(), {CSV: denied})).accelerators
    assert gpu["usable"] is False and "permission" in gpu["why_not"]


def test_a_user_outside_of_the_group_of_the_node():
    argv = ("test", "-w", "/dev/nvhost-ctrl-gpu")
    (gpu,) = jetson.detect(Fixed(board(), {argv: Completed(argv, 1, "", "", None)})).accelerators
    assert gpu["usable"] is False and "group video" in gpu["why_not"]
    (gpu,) = jetson.detect(Fixed(board(), {argv: Completed(argv, 0, "", "", None)})).accelerators
    assert gpu["usable"] is None


def test_a_console_with_a_tegra_chip_is_no_board():
    found = jetson.detect(Fixed({COMPATIBLE: "nintendo,odin\0nvidia,tegra210\0", **NODE}))
    assert len(found.accelerators) == 1 and found.targets == []


@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("utf-8", "replace"))))
def test_any_text(text):
    jetson.parse_compatible("nvidia,tegra" + text)
    jetson.parse_release("# R36 (release), REVISION: " + text)
    jetson.detect(Fixed({COMPATIBLE: ORIN, MODEL: text, "/etc/nv_tegra_release": text}, {CSV: text}))


@given(st.binary(), st.binary())
def test_any_bytes(compatible, model):
    found = jetson.detect(Fixed({COMPATIBLE: compatible, MODEL: model, **NODE}))
    assert len(found.accelerators) <= 1


@pytest.mark.parametrize(
    "text", ["nvidia,tegra" * 800_000, "\0" * 10_000_000, "# R36 (release), REVISION: " * 300_000]
)
def test_large_input_takes_bounded_time(text):
    start = time.monotonic()
    jetson.parse_compatible(text)
    jetson.parse_release(text)
    jetson.detect(Fixed({COMPATIBLE: ORIN, MODEL: text, "/etc/nv_tegra_release": text}))
    assert time.monotonic() - start < 2
