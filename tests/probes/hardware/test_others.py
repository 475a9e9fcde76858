import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import others
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/others"
EMPTY = {"machine": {}, "accelerators": [], "targets": [], "facts": {}, "diagnostics": []}


def bus(*devices):
    """Files and links of functions on the bus: (address, vendor, device, class, driver)."""
    files, links = {}, {}
    for address, vendor, device, klass, driver in devices:
        folder = f"/sys/bus/pci/devices/{address}"
        files |= {f"{folder}/vendor": vendor, f"{folder}/device": device, f"{folder}/class": klass}
        if driver:
            links[f"{folder}/driver"] = f"../../bus/pci/drivers/{driver}"
    return files, links


def machine(*devices, nodes=(), neuron_ls=None):
    files, links = bus(*devices)
    files |= {f"/dev/{node}": "" for node in nodes}
    return Fixed(files, {others.NEURON_LS: neuron_ls} if neuron_ls is not None else {}, links=links)


def brief(result):
    return [(one["vendor"], one["model"], one["address"], one["usable"]) for one in result.accelerators]


def test_the_recorded_neuron_ls_of_one_device():
    text = (DATA / "neuron-ls-trn1.2xlarge.json").read_text(encoding="utf-8")
    assert others.parse_neuron_ls(text) == [others.NeuronDevice(0, "0000:00:1e.0", 2, 32768)]
    result = others.detect(
        machine(("0000:00:1e.0", "0x1d0f", "0x7164", "0x088000", "neuron"), nodes=["neuron0"], neuron_ls=text)
    )
    (device,) = result.accelerators
    assert device == {
        "vendor": "aws",
        "kind": "npu",
        "model": "Neuron",
        "address": "0000:00:1e.0",
        "memory_mib": 32768,
        "unified_memory": None,
        "driver": "neuron",
        "pci_id": "1d0f:7164",
        "cores": 2,
        "present": True,
        "usable": None,
        "why_not": None,
    }
    assert result.facts == {"npu.vendor": "aws"} and result.diagnostics == []


def test_neuron_ls_gives_the_address_where_the_bus_is_hidden():
    text = (DATA / "neuron-ls-trn1.2xlarge.json").read_text(encoding="utf-8")
    result = others.detect(machine(nodes=["neuron0"], neuron_ls=text))
    assert [(one["address"], one["memory_mib"]) for one in result.accelerators] == [("0000:00:1e.0", 32768)]


def test_constructed_neuron_devices_without_the_tool_are_counted_by_node():
    result = others.detect(machine(nodes=["neuron0", "neuron1", "neuron10", "neuron_x"]))
    assert brief(result) == [("aws", "Neuron", None, None)] * 3
    assert [note["level"] for note in result.diagnostics] == ["info"]


def test_a_constructed_neuron_without_its_driver_is_present_and_not_usable():
    result = others.detect(machine(("0000:00:1f.0", "0x1d0f", "0x7264", "0x088000", None)))
    assert brief(result) == [("aws", "Neuron", "0000:00:1f.0", False)]


def test_other_devices_of_amazon_are_none():
    network = ("0000:00:05.0", "0x1d0f", "0xec20", "0x020000", "ena")
    assert others.detect(machine(network)).to_dict() == EMPTY


@pytest.mark.parametrize(
    "text",
    [
        'Neuron Tools have changed with Neuron v1.16.0.\n[{"neuron_device": 0, "bdf": "00:1f.0"}]',
        '{"neuron_devices": [{"neuron_device": 0, "bdf": "00:1f.0", "memory_size": null}]}',
        '[{"neuron_device": 0, "bdf": "00:1f.0", "nc_count": NaN, "memory_size": 1e999}]',
        '[{"neuron_device": 0, "bdf": "00:1f.0", "nc_count": "4", "memory_size": ' + "9" * 5000 + "}]",
    ],
)
def test_constructed_shapes_of_neuron_ls(text):
    assert others.parse_neuron_ls(text) == [others.NeuronDevice(0, "0000:00:1f.0", None, None)]


def test_constructed_gaudis_by_id_and_by_driver():
    result = others.detect(
        machine(
            ("0000:19:00.0", "0x1da3", "0x1020", "0x120000", "habanalabs"),
            ("0000:b3:00.0", "0x1da3", "0x1060", "0x120000", "habanalabs"),
            ("0000:b4:00.0", "0x1da3", "0x1234", "0x120000", "habanalabs"),
            ("0000:b5:00.0", "0x1da3", "0x1020", "0x020000", None),
            nodes=["accel/accel0", "accel/accel1", "accel/accel_controlD0"],
        )
    )
    assert brief(result) == [
        ("intel", "Gaudi2", "0000:19:00.0", None),
        ("intel", "Gaudi3", "0000:b3:00.0", None),
        ("intel", "Gaudi", "0000:b4:00.0", None),
    ]
    assert result.facts == {"npu.vendor": "intel"}


def test_a_constructed_gaudi_without_a_node_is_not_usable():
    result = others.detect(machine(("0000:19:00.0", "0x1da3", "0x1000", "0x120000", None)))
    assert brief(result) == [("intel", "Gaudi", "0000:19:00.0", False)]
    assert "node" in result.accelerators[0]["why_not"]


def test_nodes_of_npus_are_no_gaudi():
    assert others.detect(machine(nodes=["accel/accel0", "accel/accel1"])).to_dict() == EMPTY


def test_constructed_ascends_are_counted_on_the_bus():
    result = others.detect(
        machine(
            ("0000:c1:00.0", "0x19e5", "0xd802", "0x120000", "devdrv_device_driver"),
            ("0000:c2:00.0", "0x19e5", "0xd802", "0x120000", "devdrv_device_driver"),
            ("0000:03:00.0", "0x19e5", "0x1711", "0x030000", "hibmc-drm"),
            ("0000:04:00.0", "0x19e5", "0x1822", "0x020000", "hinic"),
            nodes=["davinci0", "davinci1", "davinci_manager"],
        )
    )
    assert brief(result) == [
        ("huawei", "Ascend", "0000:c1:00.0", None),
        ("huawei", "Ascend", "0000:c2:00.0", None),
    ]


def test_constructed_ascend_nodes_without_a_bus():
    result = others.detect(machine(nodes=["davinci0", "davinci7", "davinci_manager", "davinci"]))
    assert brief(result) == [("huawei", "Ascend", None, None)] * 2


def test_the_manager_alone_is_no_device():
    assert others.detect(machine(nodes=["davinci_manager", "hisi_hdc"])).to_dict() == EMPTY


def test_neuron_ls_is_not_run_without_a_sign():
    class Watched(Fixed):
        def run(self, argv, timeout=2.0):
            assert argv[0] == "lspci", argv
            return Completed(tuple(argv), None, "", "", "not found")

    assert others.detect(Watched()).to_dict() == EMPTY


@pytest.mark.parametrize("platform", ["darwin", "windows"])
def test_other_systems_are_not_asked(platform):
    assert others.detect(Fixed({"/dev/davinci0": ""}, platform=platform)).to_dict() == EMPTY


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))
ROWS = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(["neuron_device", "bdf", "nc_count", "memory_size"]), VALUES), VALUES
    )
)


@settings(deadline=None)
@given(st.one_of(ROWS, st.dictionaries(st.just("neuron_devices"), st.one_of(ROWS, VALUES))))
def test_any_json_is_survived(data):
    result = others.detect(machine(nodes=["neuron0"], neuron_ls=json.dumps(data)))
    assert 1 <= len(result.accelerators) <= 64
    json.dumps(result.to_dict(), allow_nan=False)


@settings(deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_survived(text):
    for prefix in ("", "[", '[{"neuron_device": 0, "bdf": "'):
        others.parse_neuron_ls(prefix + text)
    others.parse_nodes([text], r"davinci[0-9]{1,4}")


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{" * 1_000_000, "x" * 10_000_000, "[1]\n" * 1_000_000])
def test_huge_text_is_bounded(text):
    assert others.parse_neuron_ls(text) == []


def test_at_most_64_devices():
    rows = [{"neuron_device": n, "bdf": f"{n >> 8:04x}:{n & 255:02x}:00.0"} for n in range(1000)]
    result = others.detect(machine(nodes=["neuron0"], neuron_ls=json.dumps(rows)))
    assert len(result.accelerators) == 64
