"""Intel GPUs: which are for XPU builds, which can be used, and hostile input. There are no recordings with a free licence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import intel
from probes.reader import Completed, Fixed
from probes.record import Found

SMI = ("xpu-smi", "discovery", "-j")
NODE = "/dev/dri/renderD128"
LIBRARY = "/usr/lib64/libze_intel_gpu.so.1"


def on_bus(address: str, device: str, klass: str = "0x030000", vendor: str = "0x8086") -> dict[str, object]:
    folder = f"/sys/bus/pci/devices/{address}"
    return {
        folder + "/vendor": vendor,
        folder + "/device": device,
        folder + "/class": klass,
        folder + "/drm/renderD128/dev": "226:128\n",
    }


def bound(address: str, driver: str) -> dict[str, str]:
    return {f"/sys/bus/pci/devices/{address}/driver": f"../../../bus/pci/drivers/{driver}"}


def may(path: str, allowed: bool = True) -> dict[tuple[str, ...], object]:
    argv = ("test", "-w", path)
    return {argv: Completed(argv, 0 if allowed else 1, "", "", None)}


def only(found: Found) -> dict[str, Any]:
    (device,) = found.accelerators
    return device


# Quoted in short from intel/xpumanager#127; the address is added.
B60 = """{
    "device_list": [
        {
            "device_id": 0,
            "device_name": "Intel(R) Graphics [0xe211]",
            "device_type": "GPU",
            "drm_device": "/dev/dri/card0",
            "kernel_version": "6.14.0-1008-intel",
            "memory_physical_size_byte": "25669140480",
            "pci_bdf_address": "0000:03:00.0",
            "pci_device_id": "0xe211",
            "uuid": "00000000-0000-0003-0000-0000e2118086"
        }
    ]
}
"""


@pytest.mark.parametrize(
    ("device", "arch", "xpu", "integrated"),
    [
        (0x56A0, "alchemist", True, False),
        (0xE20B, "battlemage", True, False),
        (0x0BD5, "ponte_vecchio", True, False),
        (0x7D55, "meteor_lake_h", True, True),
        (0x7D51, "arrow_lake_h", True, True),
        (0x64A0, "lunar_lake", True, True),
        (0xB080, "panther_lake", True, True),
        (0x56C0, "flex", None, False),
        (0x7D45, "meteor_lake", None, True),
        (0x1916, None, False, True),  # HD Graphics 520, which others take for XPU
        (0x46A6, None, False, True),  # Iris Xe of Alder Lake
        (0x9A49, None, False, True),
        (0x3E92, None, False, True),
        (0x4905, "dg1", False, False),
        (0x0BE1, None, None, None),  # a Data Center GPU Max in one table, an old Atom in another
        (0xFFFF, None, None, None),
        (None, None, None, None),
    ],
)
def test_device_ids(device: int | None, arch: str | None, xpu: bool | None, integrated: bool | None):
    assert intel.kind(device) == (arch, xpu, integrated)


def test_no_id_is_in_two_tables():
    ids = [i for table in (intel.XPU, intel.UNLISTED) for row in table.values() for i in row]
    assert len(ids) == len(set(ids))
    assert not {i >> 8 for i in ids} & intel.BEFORE


@pytest.mark.parametrize("device", ["0x1916", "0x46a6"])
def test_older_graphics_are_present_but_not_xpu(device: str):
    class Silent(Fixed):
        def run(self, argv: Any, timeout: float = 2.0) -> Completed:
            assert argv[0] != "xpu-smi"
            return super().run(argv, timeout)

    reader = Silent(files=on_bus("0000:00:02.0", device), links=bound("0000:00:02.0", "i915"))
    found = intel.detect(reader)
    gpu = only(found)
    assert (gpu["present"], gpu["xpu"], gpu["unified_memory"], gpu["driver"]) == (True, False, True, "i915")
    assert (gpu["memory_mib"], gpu["pci_id"]) == (None, "8086:" + device[2:])
    assert found.facts == {"intel.xpu": False}


def test_an_unknown_id_is_not_known():
    found = intel.detect(Fixed(files=on_bus("0000:00:02.0", "0xd740")))
    assert "xpu" not in only(found) and found.facts == {}


def test_arc_with_everything():
    reader = Fixed(
        files={**on_bus("0000:03:00.0", "0xe211"), NODE: "", LIBRARY: ""},
        links=bound("0000:03:00.0", "xe"),
        commands={SMI: "WARNING: no daemon\n" + B60, **may(NODE)},
    )
    found = intel.detect(reader)
    gpu = only(found)
    assert (gpu["arch"], gpu["xpu"], gpu["memory_mib"], gpu["usable"]) == ("battlemage", True, 24480, True)
    assert (gpu["model"], gpu["unified_memory"], gpu["why_not"]) == (None, False, None)
    assert found.facts["gpu.vendor"] == "intel" and found.facts["intel.xpu"] is True
    assert "00000000-0000-0003" not in json.dumps(found.to_dict())


def test_memory_takes_a_second_call_where_the_list_leaves_it_out():
    short = {
        "device_id": 3,
        "device_name": "Intel(R) Arc(TM) B580 Graphics",
        "pci_bdf_address": "0000:03:00.0",
    }
    details = {**short, "memory_physical_size_byte": "12809404416"}
    commands = {
        SMI: json.dumps({"device_list": [short]}),
        ("xpu-smi", "discovery", "-d", "3", "-j"): json.dumps(details),
    }
    gpu = only(intel.detect(Fixed(files=on_bus("0000:03:00.0", "0xe20b"), commands=commands)))
    assert (gpu["model"], gpu["memory_mib"]) == ("Intel(R) Arc(TM) B580 Graphics", 12216)


def test_memory_of_drivers_that_tell_it_by_construction():
    folder = "/sys/bus/pci/devices/0000:03:00.0"
    tiles = {f"{folder}/tile{n}/physical_vram_size_bytes": str(64 << 30) for n in range(2)}
    gpu = only(intel.detect(Fixed(files={**on_bus("0000:03:00.0", "0x0bd5"), **tiles})))
    assert gpu["memory_mib"] == 128 << 10
    card = {f"{folder}/drm/card1/lmem_total_bytes": str(16 << 30)}
    gpu = only(intel.detect(Fixed(files={**on_bus("0000:03:00.0", "0x56a0"), **card})))
    assert gpu["memory_mib"] == 16 << 10


ARC = on_bus("0000:03:00.0", "0x56a0")


@pytest.mark.parametrize(
    ("files", "driver", "commands", "usable", "why_not"),
    [
        (ARC, None, {}, False, "no kernel driver"),
        (ARC, "vfio-pci", {}, False, "vfio-pci"),
        (ARC, "xe", {}, False, "is missing"),
        ({**ARC, NODE: ""}, "i915", may(NODE, allowed=False), False, "no permission"),
        ({**ARC, NODE: ""}, "i915", may(NODE), None, "Level Zero"),
        ({**ARC, NODE: "", LIBRARY: ""}, "i915", {}, None, "not known"),
        ({**ARC, NODE: "", LIBRARY: ""}, "i915", may(NODE), True, None),
    ],
)
def test_usable(files: Any, driver: str | None, commands: Any, usable: bool | None, why_not: str | None):
    links = bound("0000:03:00.0", driver) if driver else {}
    gpu = only(intel.detect(Fixed(files=files, links=links, commands=commands)))
    assert (gpu["present"], gpu["usable"]) == (True, usable)
    assert gpu["why_not"] is None if why_not is None else why_not in gpu["why_not"]


def test_the_integrated_gpu_is_not_the_one_that_counts():
    files = {**on_bus("0000:00:02.0", "0x7d55"), **on_bus("0000:03:00.0", "0xe20b")}
    found = intel.detect(Fixed(files=files))
    assert [gpu["address"] for gpu in found.accelerators] == ["0000:00:02.0", "0000:03:00.0"]
    assert (found.facts["intel.arch"], found.facts["gpu.unified_memory"]) == ("battlemage", False)


def test_a_tool_that_lists_nothing_is_told():
    for answer in (Completed(SMI, None, "", "", "timed out"), Completed(SMI, 1, "No GPU\n", "", None)):
        found = intel.detect(Fixed(files=ARC, commands={SMI: answer}))
        assert only(found)["model"] is None
        assert "xpu-smi" in found.diagnostics[0]["message"]


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform: str):
    assert intel.detect(Fixed(platform=platform)).to_dict() == Found().to_dict()


def test_other_vendors_and_other_classes_are_no_gpus():
    files = {
        **on_bus("0000:01:00.0", "0x25a0", vendor="0x10de"),
        **on_bus("0000:00:1f.3", "0xa348", klass="0x040300"),
        **on_bus("0000:00:0b.0", "0x7d1d", klass="0x120000"),
    }
    assert intel.detect(Fixed(files=files)).accelerators == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["device_list", "device_name", "device_id", "pci_bdf_address", "memory_physical_size_byte"]
            )
            | st.text(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_survived(text: str):
    for gpu in intel.parse_xpu_smi(text):
        assert gpu.memory_mib is None or gpu.memory_mib > 0
        assert gpu.model is None or len(gpu.model) <= 200


@given(st.binary(), st.binary(), JSON.map(json.dumps))
def test_any_machine_is_survived(device: bytes, size: bytes, said: str):
    folder = "/sys/bus/pci/devices/0000:03:00.0"
    files = {**ARC, folder + "/device": device, folder + "/tile0/physical_vram_size_bytes": size}
    json.dumps(intel.detect(Fixed(files=files, commands={SMI: said})).to_dict())


def test_many_gpus_are_cut():
    rows = [{"device_name": f"x{n}", "pci_bdf_address": "0000:03:00.0"} for n in range(1000)]
    assert len(intel.parse_xpu_smi(json.dumps({"device_list": rows}))) == intel.GPUS_LIMIT
