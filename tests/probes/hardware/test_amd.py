"""AMD GPUs: recorded topologies and sysfs trees, machines by construction, and hostile input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import amd, amd_kfd, amd_tools
from probes.reader import Completed, Fixed
from probes.record import Found

DATA = Path(__file__).parents[2] / "data" / "hardware" / "amd"
SMI = ("amd-smi", "static", "--json")
ROCM_SMI = tuple(amd.TOOLS[1][0])
TOP = ("amdgpu_top", "-d", "-J")


def recording(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def topology(name: str) -> dict[str, object]:
    return {
        f"{amd_kfd.FOLDER}/{path.parent.name}/properties": path.read_text(encoding="utf-8")
        for path in (DATA / "kfd" / name / "nodes").glob("*/properties")
    }


def on_bus(address: str, device: str, klass: str = "0x030000", vendor: str = "0x1002") -> dict[str, object]:
    folder = f"/sys/bus/pci/devices/{address}"
    return {folder + "/vendor": vendor, folder + "/device": device, folder + "/class": klass}


def drm(card: str, address: str, vram: int, gtt: int = 0, device: str = "0x740f") -> dict[str, object]:
    folder = f"/sys/class/drm/{card}/device"
    return {
        folder + "/vendor": "0x1002\n",
        folder + "/device": device + "\n",
        folder + "/uevent": f"DRIVER=amdgpu\nPCI_SLOT_NAME={address}\n",
        folder + "/mem_info_vram_total": f"{vram}\n",
        folder + "/mem_info_gtt_total": f"{gtt}\n",
        f"/sys/class/drm/{card}-DP-1/status": "connected\n",
    }


def node(number: int, **values: int) -> dict[str, object]:
    given: dict[str, int] = {
        "simd_count": 64,
        "vendor_id": 4098,
        "domain": 0,
        "drm_render_minor": 128,
        **values,
    }
    text = "".join(f"{name} {value}\n" for name, value in given.items())
    return {f"{amd_kfd.FOLDER}/{number}/properties": text}


def may(*paths: str, allowed: bool = True) -> dict[tuple[str, ...], object]:
    answers = {}
    for path in paths:
        argv = ("test", "-w", path)
        answers[argv] = Completed(argv, 0 if allowed else 1, "", "", None)
    return answers


def nodes_of(*minors: int) -> dict[str, object]:
    return {"/dev/kfd": "", **{f"/dev/dri/renderD{minor}": "" for minor in minors}}


def bound(address: str, driver: str = "amdgpu") -> dict[str, str]:
    return {f"/sys/bus/pci/devices/{address}/driver": f"../../../bus/pci/drivers/{driver}"}


def only(found: Found) -> dict[str, Any]:
    (device,) = found.accelerators
    return device


# Topology


@pytest.mark.parametrize("number", range(10))
def test_nodes_of_a_system_with_eight_mi210(number: int):
    found = amd_kfd.parse_node(recording(f"kfd/topo-mi210-xgmi-pcie/nodes/{number}/properties"))
    if number < 2:
        assert found is None
    else:
        assert found is not None
        assert (found.gfx, found.device_id, found.render_minor) == ("gfx90a", 0x740F, 126 + number)
        assert found.memory_mib is None and not found.with_cpu


@pytest.mark.parametrize("number", range(3))
def test_nodes_of_an_older_kernel_have_no_architecture_and_no_domain(number: int):
    found = amd_kfd.parse_node(recording(f"kfd/topology-parsing/nodes/{number}/properties"))
    if number == 0:
        assert found is None
    else:
        assert found is not None
        assert (found.gfx, found.address, found.slot) == (None, None, "19:00.0")
        assert (found.device_id, found.memory_mib) == (0x6860, 16368)


def test_location_is_bus_device_function_with_the_partition_above():
    found = amd_kfd.parse_node(f"simd_count 8\ndomain 1\nlocation_id {(3 << 28) | 0xC1FB}\n")
    assert found is not None
    assert (found.address, found.partition) == ("0001:c1:1f.3", 3)


def test_eight_mi210():
    found = amd.detect(Fixed(files=topology("topo-mi210-xgmi-pcie")))
    assert len(found.accelerators) == 8
    assert len({gpu["address"] for gpu in found.accelerators}) == 8
    assert "0000:63:00.0" in {gpu["address"] for gpu in found.accelerators}
    for gpu in found.accelerators:
        assert (gpu["vendor"], gpu["kind"], gpu["gfx"], gpu["pci_id"]) == (
            "amd",
            "gpu",
            "gfx90a",
            "1002:740f",
        )
        assert (gpu["memory_mib"], gpu["unified_memory"], gpu["present"]) == (None, False, True)
    assert found.facts == {"gpu.vendor": "amd", "amd.gfx": "gfx90a", "gpu.unified_memory": False}


def test_an_older_topology_takes_its_domain_from_the_bus():
    files = {**topology("topology-parsing"), **on_bus("0000:19:00.0", "0x6860")}
    gpu = only(amd.detect(Fixed(files=files)))
    assert (gpu["address"], gpu["partitions"], gpu["pci_id"]) == ("0000:19:00.0", 2, "1002:6860")
    assert gpu["memory_mib"] is None and gpu["partition_memory_mib"] == 16368
    # Without a bus there is no address, and without addresses nothing may be merged.
    gpus = amd.detect(Fixed(files=topology("topology-parsing"))).accelerators
    assert [gpu["address"] for gpu in gpus] == [None, None]


def test_no_unique_id_gets_out():
    for name in ("topo-mi210-xgmi-pcie", "topology-parsing"):
        files = topology(name)
        shown = json.dumps(amd.detect(Fixed(files=files)).to_dict())
        for text in files.values():
            for line in str(text).splitlines():
                if line.startswith(("unique_id", "hive_id")) and len(line) > 12:
                    assert line.split()[1] not in shown


def test_partitions_of_one_card_are_one_device_by_construction():
    files: dict[str, object] = {
        **on_bus("0000:0c:00.0", "0x74a1", "0x120000"),
        **nodes_of(128, 129, 130, 131),
    }
    files.update(drm("card1", "0000:0c:00.0", 206141652992, device="0x74a1"))
    for part in range(4):
        files.update(
            node(
                2 + part,
                gfx_target_version=90402,
                location_id=part << 28 | 0x0C00,
                device_id=0x74A1,
                drm_render_minor=128 + part,
            )
        )
        bank = f"{amd_kfd.FOLDER}/{2 + part}/mem_banks/0/properties"
        files[bank] = "heap_type 1\nsize_in_bytes 51522830336\n"
    commands = may("/dev/kfd", *(f"/dev/dri/renderD{minor}" for minor in range(128, 132)))
    found = amd.detect(Fixed(files=files, links=bound("0000:0c:00.0"), commands=commands))
    gpu = only(found)
    assert (gpu["partitions"], gpu["partition_memory_mib"], gpu["memory_mib"]) == (4, 49136, 196592)
    assert (gpu["gfx"], gpu["usable"], gpu["unified_memory"]) == ("gfx942", True, None)
    assert found.facts["gpu.memory_mib"] == 49136


# Display driver


def test_vega_10():
    folder = DATA / "sysfs-drm" / "vega10" / "card0" / "device"
    files = {
        f"/sys/class/drm/card0/device/{path.name}": path.read_text(encoding="utf-8")
        for path in folder.iterdir()
    }
    gpu = only(amd.detect(Fixed(files=files)))
    assert (gpu["address"], gpu["pci_id"], gpu["memory_mib"]) == ("0000:09:00.0", "1002:687f", 8176)
    assert (gpu["driver"], gpu["usable"], "gfx" in gpu) == ("amdgpu", False, False)


def test_an_apu_is_not_a_card_with_512_mib():
    said = recording("amdgpu_top/rx9060xt-dump.json")
    files = {
        **on_bus("0000:03:00.0", "0x7590"),
        **on_bus("0000:13:00.0", "0x13c0"),
        **drm("card0", "0000:03:00.0", 17095983104, 16360906752, "0x7590"),
        **drm("card1", "0000:13:00.0", 536870912, 16360906752, "0x13c0"),
        **node(1, gfx_target_version=120000, location_id=0x300, device_id=0x7590),
        **node(2, gfx_target_version=100306, location_id=0x1300, device_id=0x13C0, drm_render_minor=129),
        f"{amd_kfd.FOLDER}/0/properties": "cpu_cores_count 32\nsimd_count 0\n",
        **nodes_of(128, 129),
    }
    commands = {TOP: said, **may("/dev/kfd", "/dev/dri/renderD128", "/dev/dri/renderD129")}
    found = amd.detect(Fixed(files=files, commands=commands))
    card, apu = found.accelerators
    assert (card["model"], card["gfx"], card["memory_mib"]) == ("AMD Radeon RX 9060 XT", "gfx1200", 16304)
    assert (card["unified_memory"], card["usable"]) == (False, True)
    assert (apu["gfx"], apu["unified_memory"], apu["memory_mib"]) == ("gfx1036", True, None)
    assert (apu["carve_out_mib"], apu["gtt_mib"]) == (512, 15602)
    assert (found.facts["amd.gfx"], found.facts["gpu.memory_mib"]) == ("gfx1200", 16304)


def test_strix_halo_has_the_memory_that_compute_programs_see_by_construction():
    files = {
        **on_bus("0000:c5:00.0", "0x1586"),
        **drm("card0", "0000:c5:00.0", 536870912, 66 << 30, "0x1586"),
        **node(1, gfx_target_version=110501, location_id=0xC500, device_id=0x1586),
        f"{amd_kfd.FOLDER}/1/mem_banks/0/properties": f"heap_type 1\nsize_in_bytes {66 << 30}\n",
    }
    gpu = only(amd.detect(Fixed(files=files)))
    assert (gpu["gfx"], gpu["unified_memory"], gpu["memory_mib"]) == ("gfx1151", True, 66 << 10)


def test_a_node_with_cpu_cores_is_an_apu_whatever_its_architecture():
    found = amd_kfd.parse_node(
        "cpu_cores_count 8\nsimd_count 40\ngfx_target_version 90402\nlocation_id 256\n"
    )
    assert found is not None and found.with_cpu


# Whether it is usable

MI210 = {
    **on_bus("0000:63:00.0", "0x740f", "0x038000"),
    **node(1, gfx_target_version=90010, location_id=0x6300, device_id=0x740F),
}


@pytest.mark.parametrize(
    ("files", "links", "commands", "usable", "why_not"),
    [
        (on_bus("0000:63:00.0", "0x740f"), {}, {}, False, "no kernel driver is bound"),
        (on_bus("0000:63:00.0", "0x740f"), bound("0000:63:00.0", "vfio-pci"), {}, False, "vfio-pci"),
        (on_bus("0000:63:00.0", "0x740f"), bound("0000:63:00.0"), {}, False, "/dev/kfd is missing"),
        (
            {**MI210, **nodes_of(128)},
            bound("0000:63:00.0"),
            may("/dev/kfd", allowed=False),
            False,
            "no permission",
        ),
        (
            {**MI210, **nodes_of(128)},
            bound("0000:63:00.0"),
            {**may("/dev/kfd"), **may("/dev/dri/renderD128", allowed=False)},
            False,
            "renderD128",
        ),
        ({**MI210, **nodes_of()}, bound("0000:63:00.0"), may("/dev/kfd"), False, "renderD128"),
        ({**MI210, **nodes_of(128)}, bound("0000:63:00.0"), {}, None, "not known"),
        (
            {**MI210, **nodes_of(128)},
            bound("0000:63:00.0"),
            may("/dev/kfd", "/dev/dri/renderD128"),
            True,
            None,
        ),
    ],
)
def test_usable(files: Any, links: Any, commands: Any, usable: bool | None, why_not: str | None):
    gpu = only(amd.detect(Fixed(files=files, links=links, commands=commands)))
    assert (gpu["present"], gpu["usable"]) == (True, usable)
    assert gpu["why_not"] is None if why_not is None else why_not in gpu["why_not"]


def test_missing_permission_comes_with_advice():
    commands = may("/dev/kfd", allowed=False)
    found = amd.detect(
        Fixed(files={**MI210, **nodes_of(128)}, links=bound("0000:63:00.0"), commands=commands)
    )
    assert "render" in found.diagnostics[-1]["hint"]


def test_an_old_card_is_present_but_gives_no_fact_by_construction():
    # 1002:9488 of an iMac of 2009, with the driver radeon
    links = bound("0000:01:00.0", "radeon")
    found = amd.detect(Fixed(files=on_bus("0000:01:00.0", "0x9488"), links=links))
    assert (only(found)["usable"], found.facts) == (False, {})


def test_a_card_that_kfd_does_not_list():
    files = {**MI210, **on_bus("0000:01:00.0", "0x73df"), **nodes_of(128)}
    links = {**bound("0000:63:00.0"), **bound("0000:01:00.0")}
    gpus = amd.detect(Fixed(files=files, links=links)).accelerators
    assert "does not list" in gpus[0]["why_not"]


def test_lspci_knows_no_driver_so_nothing_is_said_about_it():
    line = "0000:74:00.0 VGA compatible controller [0300]: AMD Rembrandt [1002:1681] (rev 0b)\n"
    gpu = only(amd.detect(Fixed(commands={("lspci", "-Dnn"): line}, files={"/dev/kfd": ""})))
    assert (gpu["driver"], gpu["usable"], gpu["pci_id"]) == (None, None, "1002:1681")


# Tools


def test_a_tool_without_an_address_completes_cards_of_its_device_id():
    commands = {SMI: "warning: x\n" + recording("amd-smi-json/mi210-static.json")}
    found = amd.detect(Fixed(files=topology("topo-mi210-xgmi-pcie"), commands=commands))
    assert {(gpu["model"], gpu["memory_mib"]) for gpu in found.accelerators} == {
        ("AMD Instinct MI210", 65520)
    }


def test_a_tool_does_not_complete_other_cards():
    commands = {SMI: recording("amd-smi-json/mi210-static.json")}
    gpu = only(amd.detect(Fixed(files=on_bus("0000:07:00.0", "0x73df"), commands=commands)))
    assert (gpu["model"], gpu["memory_mib"], "gfx" in gpu) == (None, None, False)


def test_cards_that_disagree_complete_nothing():
    rows = [
        {"asic": {"market_name": name, "device_id": "0x73df", "target_graphics_version": "gfx1031"}}
        for name in ("RX 6700", "RX 6800M")
    ]
    files = {**on_bus("0000:07:00.0", "0x73df"), **on_bus("0000:08:00.0", "0x73df")}
    found = amd.detect(Fixed(files=files, commands={SMI: json.dumps(rows)}))
    assert [(gpu["model"], gpu["gfx"]) for gpu in found.accelerators] == [(None, "gfx1031")] * 2


def test_the_next_tool_is_asked_when_one_lists_nothing():
    commands = {
        SMI: Completed(SMI, 1, "ERROR: no GPU\n", "", None),
        ROCM_SMI: recording("rocm-smi-json/rx6700xt_rocm612.json"),
    }
    found = amd.detect(Fixed(files=on_bus("0000:07:00.0", "0x73df"), commands=commands))
    gpu = only(found)
    assert (gpu["gfx"], gpu["memory_mib"], gpu["driver_version"]) == ("gfx1031", 12272, "6.3.6")
    assert "exit status 1" in found.diagnostics[0]["message"]


def test_tools_of_rocm_need_not_be_on_the_path():
    commands = {("/opt/rocm/bin/" + SMI[0], *SMI[1:]): recording("amd-smi-json/mi210-static.json")}
    files = {**on_bus("0000:63:00.0", "0x740f"), "/opt/rocm/bin/amd-smi": ""}
    assert only(amd.detect(Fixed(files=files, commands=commands)))["model"] == "AMD Instinct MI210"


def test_a_container_without_sysfs_believes_the_tool():
    commands = {ROCM_SMI: recording("rocm-smi-json/rx6700xt_rocm612.json")}
    gpu = only(amd.detect(Fixed(files={"/dev/kfd": ""}, commands=commands)))
    assert (gpu["address"], gpu["usable"]) == ("0000:07:00.0", None)


# Nothing, versions, environment, hostile input


class Silent(Fixed):
    def run(self, argv: Any, timeout: float = 2.0) -> Completed:
        assert argv[0] == "lspci", "no vendor tool may run where nothing speaks for the vendor"
        return super().run(argv, timeout)


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows", "freebsd"])
def test_nothing_at_all(platform: str):
    found = amd.detect(Silent(platform=platform))
    assert found.to_dict() == Found().to_dict()


def test_other_vendors_and_amd_bridges_are_no_gpus():
    files = {
        **on_bus("0000:00:00.0", "0x1480", "0x060000", vendor="0x1022"),
        **on_bus("0000:01:00.0", "0x25a0", vendor="0x10de"),
        **on_bus("0000:03:00.1", "0xab28", "0x040300"),
    }
    assert amd.detect(Silent(files=files)).accelerators == []


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.4.1-83\n", "6.4.1"),
        ("7.0\n", "7.0"),
        ("6.4.1.2", None),
        ("", None),
        ("x" * 9999, None),
        ("9" * 99, None),
    ],
)
def test_rocm_version(text: str, version: str | None):
    assert amd.parse_rocm_version(text) == version


def test_rocm_of_the_environment_comes_first():
    files = {**MI210, "/opt/rocm/.info/version": "6.4.1-83\n", "/data/rocm/.info/version": "7.1.0-20\n"}
    assert only(amd.detect(Fixed(files=files)))["rocm"] == "6.4.1"
    found = amd.detect(Fixed(files=files, environ={"ROCM_PATH": "/data/rocm/"}))
    assert (only(found)["rocm"], found.facts["rocm.version"]) == ("7.1.0", "7.1.0")
    assert only(amd.detect(Fixed(files=files, environ={"ROCM_PATH": "../x"})))["rocm"] == "6.4.1"


def test_environment_that_changes_what_programs_see_is_told_without_its_value():
    environ = {"HIP_VISIBLE_DEVICES": "GPU-0123456789abcdef", "HSA_OVERRIDE_GFX_VERSION": "10.3.0"}
    found = amd.detect(Fixed(files=MI210, environ=environ))
    assert len(found.diagnostics) == 2
    assert "0123456789abcdef" not in json.dumps(found.to_dict())


ANY = st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "replace"))


@given(ANY)
def test_any_text_is_survived(text: str):
    amd_kfd.parse_properties(text)
    amd_kfd.parse_node("simd_count 1\nlocation_id " + text)
    amd.parse_uevent(text)
    amd.parse_rocm_version(text)


@given(
    st.dictionaries(
        st.sampled_from(["simd_count", "domain", "location_id", "gfx_target_version"]), st.integers()
    )
)
def test_any_node_has_an_address_or_none(values: dict[str, int]):
    found = amd_kfd.parse_node("".join(f"{name} {value}\n" for name, value in values.items()))
    assert found is None or found.address is None or ":" in found.address


@given(st.lists(st.binary(), min_size=10, max_size=10))
def test_any_machine_is_survived(contents: list[bytes]):
    paths = [*on_bus("0000:63:00.0", ""), *drm("card0", "", 0), f"{amd_kfd.FOLDER}/1/properties"]
    files = dict(zip(paths, contents))
    files["/sys/bus/pci/devices/0000:63:00.0/vendor"] = b"0x1002"
    files["/opt/rocm/.info/version"] = contents[-1]
    json.dumps(amd.detect(Fixed(files=files, commands={SMI: contents[0]})).to_dict())


def test_many_nodes_are_cut():
    files: dict[str, object] = {}
    for number in range(600):
        files.update(node(number, location_id=number + 1))
    assert len(amd.detect(Fixed(files=files)).accelerators) == amd_tools.CARDS_LIMIT
