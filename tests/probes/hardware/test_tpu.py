"""TPU VMs: one recorded machine, the others by construction, and machines that only look like one."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import pci, tpu
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/tpu"
prop = settings(deadline=None, derandomize=True, max_examples=60)


def write_test(path, allowed=True):
    argv = ("test", "-w", path)
    return {argv: Completed(argv, 0 if allowed else 1, "", "", None)}


def machine(
    ids,
    node="vfio",
    *,
    vendor="0x1ae0",
    driver="vfio-pci",
    allowed=True,
    env=None,
    bus=True,
    groups=True,
    more=(),
):
    """A reader with one PCI function for each of `ids`, at 00:04.0 and so on; `node`: vfio, accel or None."""
    files, links, commands = dict(more), {}, {}
    if node == "vfio":
        files["/dev/vfio/vfio"] = ""
    for index, device in enumerate(ids):
        where = f"0000:00:{index + 4:02x}.0"
        ids_of_it = {"vendor": vendor, "device": device}
        folders = [f"{pci.SYSFS}/{where}"] if bus else []
        if driver and bus:
            links[f"{pci.SYSFS}/{where}/driver"] = f"../../../bus/pci/drivers/{driver}"
        if node == "vfio":
            files[f"/dev/vfio/{index}"] = ""
            folders += [f"/sys/kernel/iommu_groups/{index}/devices/{where}"] if groups else []
            commands.update(write_test(f"/dev/vfio/{index}", allowed))
        elif node == "accel":
            files[f"/dev/accel{index}"] = ""
            commands.update(write_test(f"/dev/accel{index}", allowed))
        for folder in folders:
            files.update({f"{folder}/{name}": text + "\n" for name, text in ids_of_it.items()})
    return Fixed(files, commands, env, links=links)


def recorded(file):
    """The machine of a recording of `ls -l /dev/vfio` and of the groups in sysfs."""
    text = (DATA / file).read_text()
    files, commands = {}, {}
    for mode, name in re.findall(r"^(crw\S+) .*:\d\d (\S+)$", text, re.M):
        files[f"/dev/vfio/{name}"] = ""
        commands.update(write_test(f"/dev/vfio/{name}", mode.endswith("rw-")))
    for folder, vendor, device in re.findall(r"^(/sys\S+) -> vendor: (\S+)\n\s+device: (\S+)$", text, re.M):
        files.update({f"{folder}/vendor": vendor + "\n", f"{folder}/device": device + "\n"})
    return Fixed(files, commands)


def is_nothing(found):
    return not (found.machine or found.accelerators or found.targets or found.facts)


def test_recorded_v6e_with_four_chips():
    found = tpu.detect(recorded("v6e-4-vfio-and-sysfs.txt"))
    assert found.facts == {"tpu.generation": "v6e", "tpu.chips": 4}
    assert [a["address"] for a in found.accelerators] == [f"0000:00:0{i}.0" for i in range(4, 8)]
    for record in found.accelerators:
        assert (record["vendor"], record["kind"], record["model"]) == ("google", "tpu", "TPU v6e")
        assert (record["present"], record["usable"], record["why_not"]) == (True, True, None)
        assert record["pci_id"] == "1ae0:006f"
        # Neither is told by the machine.
        assert record["memory_mib"] is record["driver"] is None


@pytest.mark.parametrize(
    ("device", "node", "generation"),
    [
        ("0x005e", "accel", "v4"),
        ("0x0062", "vfio", "v5p"),
        ("0x0063", "vfio", "v5e"),
        ("0x006f", "vfio", "v6e"),
    ],
)
def test_constructed_generations(device, node, generation):
    found = tpu.detect(machine([device] * 4, node))
    assert found.facts == {"tpu.generation": generation, "tpu.chips": 4}
    assert [a["usable"] for a in found.accelerators] == [True] * 4
    assert {a["driver"] for a in found.accelerators} == {"vfio-pci"}


@pytest.mark.parametrize(("nodes", "chips"), [(2, 1), (8, 4), (3, None)])
def test_constructed_tpu7x_has_two_vfio_nodes_a_chip(nodes, chips):
    found = tpu.detect(machine(["0x0076"] * nodes))
    assert found.facts["tpu.generation"] == "tpu7x"
    assert found.facts.get("tpu.chips") == chips
    assert len(found.accelerators) == nodes
    assert {a["model"] for a in found.accelerators} == {"TPU7x"}


@pytest.mark.parametrize(
    ("subsystem", "said", "generation"),
    [
        ("0x004e", None, "v2"),
        ("0x004f", None, "v3"),
        (None, "v3-8", "v3"),
        (None, None, None),
        (None, "v4-8", None),
    ],
)
def test_constructed_v2_and_v3_share_a_device_id(subsystem, said, generation):
    more = {f"{pci.SYSFS}/0000:00:04.0/subsystem_device": subsystem + "\n"} if subsystem else {}
    env = {"TPU_ACCELERATOR_TYPE": said} if said else {}
    found = tpu.detect(machine(["0x0027"], "accel", more=more, env=env))
    assert found.facts.get("tpu.generation") == generation
    assert found.accelerators[0]["model"] == (f"TPU {generation}" if generation else "TPU v2 or v3")


@pytest.mark.parametrize("device", ["0x0056", "0x007c", "0x0083"])
def test_an_id_without_a_public_name_is_a_tpu_of_unknown_generation(device):
    found = tpu.detect(machine([device]))
    assert found.accelerators[0]["model"] is None
    assert found.facts == {"tpu.chips": 1}


@pytest.mark.parametrize(
    ("vendor", "device", "what"),
    [
        ("0x1ae0", "0x0042", "network card of every Google VM"),
        ("0x1ae0", "0x001f", "disk of a Google VM"),
        ("0x15b3", "0xc2d5", "BlueField bound to vfio-pci, ray-project/ray#65034"),
        ("0x10de", "0x006f", "another vendor with the device id of a TPU"),
    ],
)
def test_a_vfio_group_of_something_else_is_no_tpu(vendor, device, what):
    assert is_nothing(tpu.detect(machine([device], vendor=vendor))), what
    env = {"TPU_ACCELERATOR_TYPE": "v6e-4"}
    assert is_nothing(tpu.detect(machine([device], vendor=vendor, env=env))), what


def test_the_folder_of_other_accelerators_is_no_tpu():
    reader = Fixed({"/dev/accel/accel0": ""}, environ={"TPU_ACCELERATOR_TYPE": "v4-8"})
    assert is_nothing(tpu.detect(reader))


def test_an_accel_node_that_belongs_to_something_else_is_no_tpu():
    links = {"/sys/class/accel/accel0/device": "../../../0000:00:0b.0"}
    reader = Fixed({"/dev/accel0": ""}, environ={"TPU_ACCELERATOR_TYPE": "v4-8"}, links=links)
    assert is_nothing(tpu.detect(reader))


def test_accel_nodes_are_placed_by_sysfs():
    files = {"/dev/accel7": "", "/dev/accel12": ""}
    links = {
        "/sys/class/accel/accel7/device": "../../../0000:00:05.0",
        "/sys/class/accel/accel12/device": "../../../0000:00:04.0",
    }
    for name in ("0000:00:04.0", "0000:00:05.0"):
        files.update({f"{pci.SYSFS}/{name}/vendor": "0x1ae0", f"{pci.SYSFS}/{name}/device": "0x005e"})
    reader = Fixed(files, {**write_test("/dev/accel7", False), **write_test("/dev/accel12")}, links=links)
    assert [a["usable"] for a in tpu.detect(reader).accelerators] == [True, False]


def test_present_without_a_driver():
    found = tpu.detect(machine(["0x006f"], None, driver=None))
    record = found.accelerators[0]
    assert (record["present"], record["usable"]) == (True, False)
    assert "driver" in record["why_not"]
    assert found.facts == {"tpu.generation": "v6e", "tpu.chips": 1}


def test_tpu7x_without_nodes_has_an_unknown_number_of_chips():
    assert tpu.detect(machine(["0x0076"] * 8, None)).facts == {"tpu.generation": "tpu7x"}


def test_a_driver_without_permission():
    record = tpu.detect(machine(["0x006f"], allowed=False)).accelerators[0]
    assert (record["usable"], record["why_not"]) == (False, "no permission for /dev/vfio/0")


def test_a_container_that_was_given_half_of_the_chips():
    whole = machine(["0x0063"] * 8)
    for index in range(4, 8):
        del whole._folders["/dev/vfio"][str(index)], whole._files[f"/dev/vfio/{index}"]
    found = tpu.detect(whole)
    assert found.facts["tpu.chips"] == 4
    assert [a["usable"] for a in found.accelerators] == [True] * 4 + [False] * 4
    assert "container" in found.accelerators[7]["why_not"]


def test_groups_without_the_node_of_vfio_itself():
    reader = machine(["0x006f"])
    del reader._folders["/dev/vfio"]["vfio"], reader._files["/dev/vfio/vfio"]
    record = tpu.detect(reader).accelerators[0]
    assert (record["usable"], record["why_not"]) == (False, "no /dev/vfio/vfio")


def test_permission_that_cannot_be_asked_is_unknown():
    reader = machine(["0x006f"])
    reader._commands.clear()
    assert tpu.detect(reader).accelerators[0]["usable"] is None


def test_more_accel_nodes_than_functions_leave_use_unknown():
    record = tpu.detect(machine(["0x005e"], None, more={"/dev/accel0": "", "/dev/accel1": ""})).accelerators[
        0
    ]
    assert (record["usable"], record["why_not"]) == (None, None)


@pytest.mark.parametrize(
    ("said", "node", "count", "generation", "chips"),
    [
        ("v5litepod-16", "vfio", 4, "v5e", 4),
        ("v4-16", "accel", 4, "v4", 4),
        ("tpu7x-16", "vfio", 8, "tpu7x", 4),
    ],
)
def test_where_sysfs_is_hidden_environment_and_nodes_answer(said, node, count, generation, chips):
    env = {"TPU_ACCELERATOR_TYPE": said, "TPU_PROCESS_BOUNDS": "2,2,1"}
    found = tpu.detect(machine(["0x0"] * count, node, bus=False, groups=False, env=env))
    assert found.facts == {"tpu.generation": generation, "tpu.chips": chips, "tpu.processes": 4}
    assert [a["usable"] for a in found.accelerators] == [None] * count
    refused = tpu.detect(machine(["0x0"], node, bus=False, groups=False, env=env, allowed=False))
    assert refused.accelerators[0]["usable"] is False


def test_nodes_alone_prove_nothing():
    assert is_nothing(tpu.detect(machine(["0x0"], bus=False, groups=False)))


def test_the_environment_alone_proves_nothing():
    found = tpu.detect(Fixed(environ={"TPU_ACCELERATOR_TYPE": "v6e-4"}))
    assert is_nothing(found)
    assert [d["level"] for d in found.diagnostics] == ["info"]


def test_the_bus_wins_over_the_environment():
    found = tpu.detect(machine(["0x006f"], env={"TPU_ACCELERATOR_TYPE": "v4-8"}))
    assert found.facts["tpu.generation"] == "v6e"
    assert [d["level"] for d in found.diagnostics] == ["warning"]


@pytest.mark.parametrize("env", [{}, {"TPU_ACCELERATOR_TYPE": "v6e-4"}, {"TPU_ACCELERATOR_TYPE": "other"}])
@pytest.mark.parametrize("device", ["0x006f", "0x0083"])
def test_an_environment_that_does_not_contradict_the_bus(device, env):
    assert tpu.detect(machine([device], env=env)).diagnostics == []


def test_mixed_generations_are_no_fact():
    found = tpu.detect(machine(["0x006f", "0x0063"]))
    assert found.facts == {"tpu.chips": 2}
    assert "tpu.chips" not in tpu.detect(machine(["0x006f", "0x0076"])).facts


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform):
    found = tpu.detect(Fixed(platform=platform))
    assert is_nothing(found)
    assert found.diagnostics == []


def test_the_number_of_devices_is_limited():
    assert len(tpu.detect(machine(["0x0063"] * 200)).accelerators) == tpu.DEVICES_LIMIT


@prop
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_accepted(text):
    assert tpu.parse_accelerator_type(text) in {None, "v2", "v3", "v4", "v5e", "v5p", "v6e", "tpu7x"}
    assert tpu.parse_bounds(text) is None or tpu.parse_bounds(text) > 0
    found = tpu.detect(machine([text], vendor=text, env={"TPU_ACCELERATOR_TYPE": text}))
    assert is_nothing(found)
