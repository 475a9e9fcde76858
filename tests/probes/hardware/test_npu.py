import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import npu
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/npu"
EMPTY = {"machine": {}, "accelerators": [], "targets": [], "facts": {}, "diagnostics": []}
LIBRARY = "/usr/lib/x86_64-linux-gnu/libze_intel_npu.so.1"
XRT = "/opt/xilinx/xrt/lib/libxrt_driver_xdna.so.2"
LIMITS = "Limit                     Soft Limit           Hard Limit           Units     \nMax locked memory         {}              {}              bytes     \n"


def machine(
    address="0000:00:0b.0",
    ids=("0x8086", "0x7d1d"),
    klass="0x120000",
    driver=None,
    accel=None,
    node=True,
    writable=None,
    files=None,
):
    """A Linux machine with one function on the bus. `accel`: name in /sys/class/accel. `writable`: status of test -w."""
    folder = f"/sys/bus/pci/devices/{address}"
    tree = {
        f"{folder}/vendor": ids[0] + "\n",
        f"{folder}/device": ids[1] + "\n",
        f"{folder}/class": klass + "\n",
    }
    links, commands = {}, {}
    if driver:
        links[f"{folder}/driver"] = f"../../../bus/pci/drivers/{driver}"
    if accel:
        links[f"/sys/class/accel/{accel}/device"] = f"../../../{address}"
        if node:
            tree[f"/dev/accel/{accel}"] = ""
        if writable is not None:
            argv = ("test", "-w", f"/dev/accel/{accel}")
            commands[argv] = Completed(argv, writable, "", "", None)
    return Fixed({**tree, **(files or {})}, commands, links=links)


def one(reader):
    (device,) = npu.detect(reader).accelerators
    assert device["kind"] == "npu" and device["present"] is True
    assert device["memory_mib"] is None
    assert (device["why_not"] is None) == (device["usable"] is True)
    return device


def test_the_recorded_intel_npu_is_present_and_closed_to_users():
    text = (DATA / "intel-mtl-npu.txt").read_text(encoding="utf-8")
    node = re.search(r"(/dev/accel/(accel\d+))$", text, re.M)
    where, ids = re.search(
        r"^([0-9a-f:.]+) Processing accelerators: Intel Corporation Device (\w{4})", text, re.M
    ).groups()
    # root:root 0660, asked by somebody else
    reader = machine(f"0000:{where}", ("0x8086", "0x" + ids), driver="intel_vpu", accel=node[2], writable=1)
    assert one(reader) == {
        "vendor": "intel",
        "kind": "npu",
        "model": "Intel NPU (Meteor Lake)",
        "address": "0000:02:05.0",
        "memory_mib": None,
        "unified_memory": None,
        "driver": "intel_vpu",
        "pci_id": "8086:7d1d",
        "present": True,
        "usable": False,
        "why_not": "no permission for /dev/accel/accel0 (usually: join the group render)",
    }


def test_the_recorded_amd_npu_is_present_without_a_driver():
    text = (DATA / "lspci-amd-strix-npu.txt").read_text(encoding="utf-8")
    result = npu.detect(Fixed(commands={("lspci", "-Dnn"): text}))
    (device,) = result.accelerators
    assert (device["vendor"], device["address"], device["pci_id"]) == ("amd", "0000:ca:00.1", "1022:17f0")
    assert (device["driver"], device["usable"]) == (None, False)
    assert "amdxdna" in device["why_not"]
    assert result.facts == {"npu.vendor": "amd"}


@pytest.mark.parametrize("device", ["0x7d1d", "0x643e", "0xad1d"])
def test_intel_by_id_without_a_driver_is_not_usable(device):
    found = one(machine(ids=("0x8086", device)))
    assert found["vendor"] == "intel" and found["usable"] is False and "intel_vpu" in found["why_not"]


@pytest.mark.parametrize("address", ["0000:00:0b.0", "0000:02:05.0"])
def test_the_address_does_not_matter(address):
    assert one(machine(address))["address"] == address


def test_an_unknown_id_is_known_by_its_driver():
    found = one(machine(ids=("0x8086", "0xffff"), driver="intel_vpu"))
    assert (found["model"], found["pci_id"]) == ("Intel NPU", "8086:ffff")


def test_driver_node_permission_and_library_make_it_usable():
    reader = machine(driver="intel_vpu", accel="accel0", writable=0, files={LIBRARY: ""})
    assert one(reader)["usable"] is True


def test_without_the_library_it_is_not_known():
    found = one(machine(driver="intel_vpu", accel="accel0", writable=0))
    assert found["usable"] is None and "libze_intel_npu" in found["why_not"]


@pytest.mark.parametrize("accel", [None, "accel0"])
def test_a_driver_without_a_node_is_not_usable(accel):
    found = one(machine(driver="intel_vpu", accel=accel, node=False))
    assert found["usable"] is False and "/dev/accel" in found["why_not"]


def test_a_system_that_does_not_tell_about_permission_leaves_it_unknown():
    assert one(machine(driver="intel_vpu", accel="accel0", files={LIBRARY: ""}))["usable"] is None


def test_the_node_of_another_accelerator_proves_nothing():
    reader = machine(driver=None, files={"/dev/accel/accel0": "", LIBRARY: ""})
    assert one(reader)["usable"] is False
    bound = machine(driver="intel_vpu", files={"/dev/accel/accel0": "", LIBRARY: ""})
    assert one(bound)["usable"] is None


def test_a_control_node_is_not_the_node():
    links = {
        f"/sys/class/accel/{name}/device": "../../../0000:00:0b.0" for name in ("accel0", "accel_controlD0")
    }
    assert npu.nodes(Fixed(links=links)) == {"0000:00:0b.0": "/dev/accel/accel0"}


def test_an_npu_given_to_a_virtual_machine_is_not_usable():
    found = one(machine(driver="vfio-pci"))
    assert found["usable"] is False and "vfio-pci" in found["why_not"]


@pytest.mark.parametrize(
    ("limit", "usable"), [("8388608", None), ("unlimited", True), ("67108864", True), ("9" * 5000, True)]
)
def test_an_amd_npu_needs_locked_memory(limit, usable):
    reader = machine(
        "0000:c4:00.1",
        ("0x1022", "0x17f0"),
        "0x118000",
        "amdxdna",
        "accel0",
        writable=0,
        files={XRT: "", "/proc/self/limits": LIMITS.format(limit, limit)},
    )
    assert one(reader)["usable"] is usable


@pytest.mark.parametrize(
    ("ids", "klass"),
    [
        (("0x1022", "0x15e4"), "0x118000"),  # sensor hub
        (("0x8086", "0x7d55"), "0x030000"),  # the GPU beside it
        (("0x8086", "0x7d03"), "0x118000"),  # signal processing of another kind
        (("0x1da3", "0x1020"), "0x120000"),
    ],
)
def test_neighbours_are_no_npu(ids, klass):
    assert npu.detect(machine(ids=ids, klass=klass)).to_dict() == EMPTY


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform):
    assert npu.detect(Fixed(platform=platform)).to_dict() == EMPTY


def test_at_most_64_devices_and_strange_names_in_sysfs():
    files, links = {}, {}
    for number in range(200):
        folder = f"/sys/bus/pci/devices/{number:04x}:00:0b.0"
        files |= {f"{folder}/vendor": "0x8086", f"{folder}/device": "0x7d1d", f"{folder}/class": "0x120000"}
    for name in ("accel_controlD0", "accel99999", "accel", "accel0x", "accel1"):
        links[f"/sys/class/accel/{name}/device"] = "no address \x1b[31m"
        files[f"/dev/accel/{name}"] = ""
    reader = Fixed(files, links=links)
    assert npu.nodes(reader) == {}
    assert len(npu.detect(reader).accelerators) == 64


@given(st.one_of(st.text(), st.text().map(lambda text: "Max locked memory" + text)))
def test_any_limits_are_survived(text):
    limit = npu.parse_locked(text)
    assert limit is None or 0 <= limit < 10**18


@given(
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=100),
)
def test_any_bytes_in_sysfs_are_survived(vendor, device, link):
    folder = "/sys/bus/pci/devices/0000:00:0b.0"
    reader = Fixed(
        {
            f"{folder}/vendor": vendor,
            f"{folder}/device": device,
            f"{folder}/class": "0x120000",
            "/dev/accel/accel0": "",
        },
        links={f"{folder}/driver": link, "/sys/class/accel/accel0/device": link},
    )
    npu.detect(reader)
    reader = Fixed({f"{folder}/vendor": vendor}, links={f"{folder}/driver": "x/intel_vpu"})
    assert len(npu.detect(reader).accelerators) == 1


def test_a_huge_file_of_limits_is_bounded():
    assert npu.parse_locked("Max locked memory " + "1" * 10_000_000) is None
    assert npu.parse_locked("\n" * 10_000_000) is None
