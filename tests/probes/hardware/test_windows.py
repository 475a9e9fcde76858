import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import windows, windows_text
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/windows"
GUID = "{4d36e968-e325-11ce-bfc1-08002be10318}"
LONG = {"HKLM": "HKEY_LOCAL_MACHINE"}
NVIDIA = r"VEN_10DE&DEV_2782&SUBSYS_16C21458&REV_A1"
NVIDIA_INSTANCE = r"4&1286464&0&0008"
INTEL = r"VEN_8086&DEV_A780&SUBSYS_86941043&REV_04"
INTEL_INSTANCE = r"3&11583659&0&10"
LOCATION = r"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;({})"
EMPTY = {"machine": {}, "accelerators": [], "targets": [], "facts": {}, "diagnostics": []}


def key(path, values=(), below=()):
    """What `reg query` prints for a key with values and sub-keys."""
    full = path.replace("HKLM", LONG["HKLM"], 1)
    lines = ["", full, *(f"    {name}    {kind}    {value}" for name, kind, value in values), ""]
    return "\r\n".join([*lines, *(f"{full}\\{name}" for name in below), ""])


def adapter(model, matching, driver, size=None, kind="REG_QWORD"):
    values = [
        ("DriverDesc", "REG_SZ", model),
        ("DriverVersion", "REG_SZ", driver),
        ("MatchingDeviceId", "REG_SZ", matching),
    ]
    return values + ([("HardwareInformation.qwMemorySize", kind, size)] if size else [])


def instance(number, location, service):
    return [
        ("LocationInformation", "REG_SZ", LOCATION.format(location)),
        ("Driver", "REG_SZ", f"{GUID}\\{number}"),
        ("Service", "REG_SZ", service),
    ]


def machine(classes, devices=(), running=None, cim=None):
    """A Windows machine. `classes`: number -> values. `devices`: (parent, child, values). `running`: service -> ids."""
    commands = {
        ("reg", "query", windows.CLASS): key(windows.CLASS, below=[*classes, "Configuration", "Properties"])
    }
    for number, values in classes.items():
        path = rf"{windows.CLASS}\{number}"
        commands[("reg", "query", path)] = key(path, values, ["UMD"])
    parents = list(dict.fromkeys(parent for parent, _child, _values in devices))
    commands[("reg", "query", windows.PCI)] = key(windows.PCI, below=["VEN_8086&DEV_7A04", *parents])
    for parent in parents:
        path = rf"{windows.PCI}\{parent}"
        commands[("reg", "query", path)] = key(path, below=[c for p, c, _v in devices if p == parent])
    for parent, child, values in devices:
        path = rf"{windows.PCI}\{parent}\{child}"
        commands[("reg", "query", path)] = key(path, values, ["Device Parameters", "Properties"])
    for service, ids in (running or {}).items():
        path = rf"{windows.SERVICES}\{service}\Enum"
        values = [(str(at), "REG_SZ", name) for at, name in enumerate(ids)]
        commands[("reg", "query", path)] = key(path, [*values, ("Count", "REG_DWORD", hex(len(ids)))])
    if cim is not None:
        commands[windows.CIM] = cim
    return Fixed(commands=commands, platform="windows")


HYBRID = {
    "0000": adapter("Intel(R) UHD Graphics 770", r"PCI\VEN_8086&DEV_A780", "32.0.101.6078", "0x8000000"),
    "0001": adapter("NVIDIA GeForce RTX 4070 Ti", r"pci\ven_10de&dev_2782", "32.0.15.6094", "0x2ffa00000"),
}
HYBRID_DEVICES = [
    (INTEL, INTEL_INSTANCE, instance("0000", "0,2,0", "igfxn")),
    (NVIDIA, NVIDIA_INSTANCE, instance("0001", "1,0,0", "nvlddmkm")),
]
HYBRID_RUNNING = {
    "igfxn": [rf"PCI\{INTEL}\{INTEL_INSTANCE}"],
    "nvlddmkm": [rf"PCI\{NVIDIA}\{NVIDIA_INSTANCE}"],
}


def row(name, device, ram, driver="30.0.15.1215", problem=0):
    return {
        "Name": name,
        "PNPDeviceID": device,
        "AdapterRAM": ram,
        "DriverVersion": driver,
        "ConfigManagerErrorCode": problem,
    }


RX6600 = r"PCI\VEN_1002&DEV_73FF&SUBSYS_23361458&REV_C1\6&EAF386A&0&00000019"


def test_the_recorded_list_of_one_adapter():
    text = (DATA / "cim-list-intel-uhd.txt").read_text(encoding="utf-8")
    assert windows_text.parse_cim(text) == [
        windows_text.Adapter(
            0x8086,
            0x9BC4,
            model="Intel(R) UHD Graphics",
            instance=r"PCI\VEN_8086&DEV_9BC4&SUBSYS_170D1043&REV_05\3&11583659&0&10",
            problem=0,
        )
    ]
    (gpu,) = windows.detect(machine({}, cim=text)).accelerators
    assert (gpu["vendor"], gpu["model"], gpu["memory_mib"], gpu["driver"], gpu["usable"]) == (
        "intel",
        "Intel(R) UHD Graphics",
        None,
        None,
        None,
    )


def test_a_constructed_laptop_with_two_gpus_by_the_registry_alone():
    result = windows.detect(machine(HYBRID, HYBRID_DEVICES, HYBRID_RUNNING))
    shared, card = result.accelerators
    assert card == {
        "vendor": "nvidia",
        "kind": "gpu",
        "model": "NVIDIA GeForce RTX 4070 Ti",
        "address": "0000:01:00.0",
        "memory_mib": 12282,
        "unified_memory": None,
        "driver": None,
        "pci_id": "10de:2782",
        "windows_driver": "32.0.15.6094",
        "present": True,
        "usable": None,
        "why_not": None,
    }
    assert (shared["vendor"], shared["address"], shared["driver"]) == (
        "intel",
        "0000:00:02.0",
        "32.0.101.6078",
    )
    assert shared["memory_mib"] is None, "what the firmware set aside is no memory of its own"
    assert result.facts == {"gpu.vendor": "nvidia", "gpu.memory_mib": 12282}
    assert result.diagnostics == []


def test_memory_above_four_gib_comes_from_the_64_bit_value_by_construction():
    classes = {
        "0000": adapter("AMD Radeon AI PRO R9700", r"PCI\VEN_1002&DEV_7551", "32.0.1.2", "0x7f8000000")
    }
    cim = json.dumps(row("AMD Radeon AI PRO R9700", r"PCI\VEN_1002&DEV_7551&REV_C0\6&0", 4293918720))
    (gpu,) = windows.detect(machine(classes, cim=cim)).accelerators
    assert gpu["memory_mib"] == 32640


@pytest.mark.parametrize("ram", [4293918720, 4294967295, 4294967296, 4285530112, 0, -1048576, None, 10**30])
def test_a_capped_or_missing_adapter_ram_is_unknown(ram):
    (found,) = windows_text.parse_cim(json.dumps(row("AMD Radeon RX 6600 XT", RX6600, ram)))
    assert found.memory_mib is None


def test_a_small_adapter_ram_is_believed_except_for_intel():
    rows = [
        row("NVIDIA GeForce GTX 950", r"PCI\VEN_10DE&DEV_1402\4&0", 2147483648),
        row("Intel(R) HD Graphics 4600", r"PCI\VEN_8086&DEV_0412\3&0", 1073741824),
    ]
    assert [found.memory_mib for found in windows_text.parse_cim(json.dumps(rows))] == [2048, None]


@pytest.mark.parametrize("form", ["json", "list", "wmic", "utf-16"])
def test_constructed_rows_of_a_remote_session_with_intel_and_nvidia(form):
    rows = [
        row(
            "Microsoft Remote Display Adapter",
            r"SWD\REMOTEDISPLAYENUM\RDPIDD_INDIRECTDISPLAY&SESSIONID_0001",
            "",
        ),
        row("Intel(R) HD Graphics 4600", r"PCI\VEN_8086&DEV_0412&SUBSYS_D0001458\3&11583659", 1073741824),
        row("NVIDIA GeForce GTX 950", r"PCI\VEN_10DE&DEV_1402&SUBSYS_36C31458\4&1286464", 2147483648),
    ]
    if form == "json":
        text = json.dumps(rows)
    else:
        mark = " : " if form == "list" else "="
        blocks = ["\n".join(f"{name}{mark}{value}" for name, value in one.items()) for one in rows]
        text = "\n\n" + "\n\n\n".join(blocks) + "\n\n"
        if form != "list":
            text = text.replace("&", "&amp;").replace("\n", "\r\n")
        if form == "utf-16":
            text = text.encode("utf-16").decode("utf-8", "replace")
    found = windows_text.parse_cim(text)
    assert [(one.vendor, one.device, one.model) for one in found] == [
        (0x8086, 0x0412, "Intel(R) HD Graphics 4600"),
        (0x10DE, 0x1402, "NVIDIA GeForce GTX 950"),
    ]


def test_a_card_under_the_basic_display_driver_is_present_and_not_usable():
    classes = {"0000": adapter("Microsoft Basic Display Adapter", r"PCI\CC_0300", "10.0.26100.1")}
    cim = json.dumps(row("Microsoft Basic Display Adapter", rf"PCI\{NVIDIA}\4&1", 0))
    result = windows.detect(machine(classes, cim=cim))
    (gpu,) = result.accelerators
    assert (gpu["vendor"], gpu["model"], gpu["usable"]) == ("nvidia", None, False)
    assert "driver" in gpu["why_not"] and "windows_driver" not in gpu


def test_a_card_under_the_basic_display_driver_is_seen_beside_one_that_runs():
    classes = {
        "0000": HYBRID["0000"],
        "0001": adapter("Microsoft Basic Display Adapter", r"PCI\CC_0300", "10.0.26100.1"),
    }
    rows = [
        row("Intel(R) UHD Graphics 770", rf"PCI\{INTEL}\{INTEL_INSTANCE}", 0),
        row("Microsoft Basic Display Adapter", rf"PCI\{NVIDIA}\4&1", 0),
    ]
    running = {"igfxn": HYBRID_RUNNING["igfxn"]}
    result = windows.detect(machine(classes, HYBRID_DEVICES[:1], running, json.dumps(rows)))
    assert [(gpu["vendor"], gpu["usable"]) for gpu in result.accelerators] == [
        ("intel", None),
        ("nvidia", False),
    ]


@pytest.mark.parametrize(
    "device",
    [r"ROOT\BASICDISPLAY\0000", r"ROOT\BASICRENDER\0000", r"SWD\REMOTEDISPLAYENUM\1", r"VMBUS\{DA0A}\5&1"],
)
def test_software_and_remote_adapters_are_no_gpu(device):
    cim = json.dumps(row("Microsoft Basic Display Adapter", device, 0))
    assert windows.detect(machine({}, cim=cim)).accelerators == []


def test_the_adapter_of_a_virtual_machine_is_no_gpu():
    result = windows.detect(
        machine({}, cim=json.dumps(row("VMware SVGA 3D", r"PCI\VEN_15AD&DEV_0405\3&0", 1073741824)))
    )
    assert result.accelerators == [] and result.facts == {}


def test_a_card_that_was_taken_out_stays_in_the_registry_and_is_left_out():
    running = {"igfxn": HYBRID_RUNNING["igfxn"]}
    cim = json.dumps(row("Intel(R) UHD Graphics 770", rf"PCI\{INTEL}\{INTEL_INSTANCE}", 1073741824))
    result = windows.detect(machine(HYBRID, HYBRID_DEVICES, running, cim))
    assert [gpu["vendor"] for gpu in result.accelerators] == ["intel"]
    without = windows.detect(machine(HYBRID, HYBRID_DEVICES, running))
    assert [gpu["vendor"] for gpu in without.accelerators] == ["intel"]


def test_what_only_the_registry_knows_is_told_as_not_known_to_run():
    result = windows.detect(machine(HYBRID, HYBRID_DEVICES))
    assert [gpu["usable"] for gpu in result.accelerators] == [None, None]
    assert all("not known" in gpu["why_not"] for gpu in result.accelerators)
    assert [note["level"] for note in result.diagnostics] == ["warning"]


def test_a_device_with_a_problem_code_is_not_usable():
    cim = json.dumps(
        [
            row("Intel(R) UHD Graphics 770", rf"PCI\{INTEL}\{INTEL_INSTANCE}", 0),
            row("NVIDIA GeForce RTX 4070 Ti", rf"PCI\{NVIDIA}\{NVIDIA_INSTANCE}", 0, problem=43),
        ]
    )
    result = windows.detect(machine(HYBRID, HYBRID_DEVICES, {"igfxn": HYBRID_RUNNING["igfxn"]}, cim))
    card = next(gpu for gpu in result.accelerators if gpu["vendor"] == "nvidia")
    assert card["usable"] is False and "43" in card["why_not"]
    assert card["address"] == "0000:01:00.0" and card["memory_mib"] == 12282


def test_two_equal_cards_are_two():
    values = adapter("NVIDIA GeForce RTX 4070 Ti", r"pci\ven_10de&dev_2782", "32.0.15.6094", "0x2ffa00000")
    devices = [
        (NVIDIA, "4&1&0&0008", instance("0000", "1,0,0", "nvlddmkm")),
        (NVIDIA, "4&2&0&0008", instance("0001", "65,0,0", "nvlddmkm")),
    ]
    running = {"nvlddmkm": [rf"PCI\{NVIDIA}\4&1&0&0008", rf"PCI\{NVIDIA}\4&2&0&0008"]}
    result = windows.detect(machine({"0000": values, "0001": values}, devices, running))
    assert [gpu["address"] for gpu in result.accelerators] == ["0000:01:00.0", "0000:41:00.0"]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("REG_QWORD 0x600000000", 0x600000000),
        ("REG_BINARY 0000000003000000", 0x300000000),
        ("REG_BINARY 0000f0ff", 0xFFF00000),
        ("REG_DWORD 0xfff00000", 0xFFF00000),
        ("REG_SZ 12", None),
        ("REG_BINARY 00", None),
        ("REG_QWORD " + "9" * 5000, None),
        (None, None),
    ],
)
def test_numbers_of_the_registry(value, size):
    assert windows_text.parse_bytes(value) == size


def test_a_32_bit_memory_size_of_the_registry_is_capped_as_well():
    values = [
        ("MatchingDeviceId", "REG_SZ", r"PCI\VEN_1002&DEV_73FF"),
        ("HardwareInformation.MemorySize", "REG_BINARY", "0000f0ff"),
    ]
    assert windows_text.parse_class(key(windows.CLASS + r"\0000", values))["0000"].memory_mib is None


def test_search_output_of_several_keys_by_construction_and_its_localised_summary():
    text = key(windows.CLASS + r"\0000", HYBRID["0000"]) + key(windows.CLASS + r"\0001", HYBRID["0001"])
    found = windows_text.parse_class(text + "\r\nFin de la recherche : 2 correspondance(s) trouvée(s).\r\n")
    assert {name: (one.vendor, one.memory_mib) for name, one in found.items()} == {
        "0000": (0x8086, None),
        "0001": (0x10DE, 12282),
    }


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (LOCATION.format("1,0,0"), "0000:01:00.0"),
        (LOCATION.format("131,0,0"), "0000:83:00.0"),
        (LOCATION.format("257,31,7"), "0001:01:1f.7"),
        (LOCATION.format("1,32,0"), None),
        ("PCI bus 1", None),
        (None, None),
    ],
)
def test_locations(text, address):
    assert windows_text.parse_location(text) == address


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_other_systems_are_not_asked(platform):
    class Silent(Fixed):
        def run(self, argv, timeout=0.0):
            raise AssertionError(argv)

    assert windows.detect(Silent(platform=platform)).to_dict() == EMPTY


def test_a_windows_without_answers_gives_no_device():
    result = windows.detect(Fixed(platform="windows"))
    assert result.accelerators == [] and result.facts == {}


def test_a_registry_that_hangs_is_not_asked_again():
    asked = []

    class Slow(Fixed):
        def run(self, argv, timeout=2.0):
            asked.append(argv[0])
            if len(asked) == 1:
                return Completed(tuple(argv), 0, key(windows.CLASS, below=["0000", "0001", "0002"]), "", None)
            return Completed(tuple(argv), None, "", "", "timed out")

    windows.detect(Slow(platform="windows"))
    assert asked == ["reg", "reg", "powershell"]


class Same(Fixed):
    """Answers every command with the same text."""

    def __init__(self, text):
        super().__init__(platform="windows")
        self.text_of_all = text
        self.count = 0

    def run(self, argv, timeout=2.0):
        self.count += 1
        return Completed(tuple(argv), 0, self.text_of_all, "", None)


TEXT = st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
PREFIXES = (
    "",
    "HKEY_LOCAL_MACHINE\\0000\r\n    MatchingDeviceId    REG_SZ    PCI\\VEN_10DE&DEV_1402\r\n    DriverDesc    REG_SZ    ",
    "Name=",
    "PNPDeviceID : PCI\\VEN_10DE&DEV_1402",
    '[{"PNPDeviceID": "',
)


@settings(deadline=None)
@given(TEXT)
def test_any_text_is_survived(text):
    for prefix in PREFIXES:
        windows_text.parse_reg(prefix + text)
        windows_text.parse_class(prefix + text)
        windows_text.parse_cim(prefix + text)
        json.dumps(windows.detect(Same(prefix + text)).to_dict(), allow_nan=False)
    for parse in (windows_text.parse_bytes, windows_text.parse_ids, windows_text.parse_location):
        parse(text)
        parse("REG_QWORD " + text)


ROW = st.dictionaries(
    st.sampled_from([*row("", "", 0), "pnpdeviceid"]),
    st.one_of(
        st.none(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.none()),
        st.just(rf"PCI\{NVIDIA}\0"),
        st.booleans(),
    ),
)


@settings(deadline=None)
@given(st.one_of(ROW, st.lists(st.one_of(ROW, st.integers()))))
def test_any_json_is_survived(rows):
    json.dumps(windows.detect(machine({}, cim=json.dumps(rows))).to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "HKEY_" * 1_000_000,
        "HKEY_LOCAL_MACHINE\\a\n" * 300_000,
        "Name" + " " * 5_000_000,
        "Name=1\n\n" * 500_000,
        "PNPDeviceID=PCI\\VEN_10DE&DEV_1402\n\n" * 100_000,
    ],
)
def test_huge_text_is_bounded(text):
    reader = Same(text)
    assert len(windows.detect(reader).accelerators) <= 64
    assert reader.count < 10


def test_many_keys_are_few_commands():
    names = "\n".join(rf"{windows.CLASS.replace('HKLM', LONG['HKLM'])}\{number:04}" for number in range(5000))
    reader = Same(names)
    windows.detect(reader)
    assert reader.count <= 20
