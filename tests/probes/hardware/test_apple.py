import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import apple
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/apple"
SYSCTL = ("sysctl", *apple.SYSCTL)
WORDS = ("system_profiler", "SPHardwareDataType", "SPDisplaysDataType")
M3_PRO = {
    "_name": "Apple M3 Pro",
    "spdisplays_mtlgpufamilysupport": "spdisplays_metal3",
    "spdisplays_ndrvs": [{"_name": "Color LCD", "_spdisplays_display-serial-number": "fd626d62"}],
    "spdisplays_vendor": "sppci_vendor_Apple",
    "sppci_bus": "spdisplays_builtin",
    "sppci_cores": "14",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "Apple M3 Pro",
}
UHD = {
    "_name": "spdisplays_intel",
    "spdisplays_device-id": "0x3e9b",
    "spdisplays_metalfamily": "spdisplays_mtlgpufamilymac2",
    "spdisplays_vendor": "Intel",
    "spdisplays_vram_shared": "1536 MB",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "Intel UHD Graphics 630",
}
RADEON = {
    "_name": "spdisplays_radeon",
    "spdisplays_device-id": "0x7340",
    "spdisplays_vendor": "sppci_vendor_amd",
    "spdisplays_vram": "4 GB",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "AMD Radeon Pro 5300M",
}
INTEL_AND_AMD = """\
Graphics/Displays:

    Intel HD Graphics 530:

      Chipset Model: Intel HD Graphics 530
      Type: GPU
      VRAM (Dynamic, Max): 1536 MB
      Vendor: Intel
      Device ID: 0x191b
      Metal: Supported, feature set macOS GPUFamily2 v1
      Displays:
        Color LCD:
          Resolution: 2880 x 1800 Retina
          Vendor: NVIDIA (0x10de)

    Radeon Pro 450:

      Chipset Model: AMD Radeon Pro 450
      VRAM (Total): 2 GB
      Vendor: AMD (0x1002)
      Device ID: 0x67ef
"""


def profile(*gpus, hardware=None):
    return json.dumps({"SPHardwareDataType": [hardware or {}], "SPDisplaysDataType": list(gpus)}, indent=2)


def mac(sysctl="", profiler="", text=""):
    commands = {SYSCTL: Completed(SYSCTL, 1, sysctl, "sysctl: unknown oid 'sysctl.proc_translated'\n", None)}
    if profiler:
        commands[(*WORDS, "-json")] = profiler
    if text:
        commands[WORDS] = text
    return Fixed(commands=commands, platform="darwin")


def read(name):
    return (DATA / name).read_text(encoding="utf-8")


def test_the_text_of_an_m3_names_one_gpu_and_no_display():
    (gpu,) = apple.parse_text(read("m3-spdisplays.txt")).gpus
    assert gpu == apple.Gpu("Apple M3", "apple", cores=10, metal=True)


@pytest.mark.parametrize(
    ("name", "silicon", "memory_mib"),
    [
        ("sysctl-bigsur-m1.txt", True, None),
        ("sysctl-monterey-m2.txt", True, 16384),
        ("sysctl-mojave-haswell.txt", False, None),
    ],
)
def test_recordings_of_sysctl_alone(name, silicon, memory_mib):
    result = apple.detect(mac(read(name)))
    if not silicon:
        assert result.accelerators == [] and result.facts == {}
        return
    (gpu,) = result.accelerators
    assert (gpu["vendor"], gpu["kind"], gpu["memory_mib"], gpu["unified_memory"], gpu["usable"]) == (
        "apple",
        "gpu",
        memory_mib,
        True,
        None,
    )
    assert gpu["model"] is None and gpu["why_not"]
    assert result.facts["apple.silicon"] is True and result.facts["gpu.vendor"] == "apple"


def test_constructed_json_of_an_m3_pro_after_noise_is_a_usable_gpu_with_unified_memory():
    noise = "2026-01-01 12:00:00 system_profiler[1:2] {not json} found no [cache]\n"
    hardware = {"chip_type": "Apple M3 Pro", "physical_memory": "18 GB", "serial_number": "SECRET"}
    result = apple.detect(mac("hw.memsize: 19327352832\n", noise + profile(M3_PRO, hardware=hardware)))
    assert result.accelerators == [
        {
            "vendor": "apple",
            "kind": "gpu",
            "model": "Apple M3 Pro",
            "address": None,
            "memory_mib": 18432,
            "unified_memory": True,
            "driver": None,
            "cores": 14,
            "present": True,
            "usable": True,
            "why_not": None,
        }
    ]
    assert result.facts == {
        "gpu.vendor": "apple",
        "gpu.memory_mib": 18432,
        "apple.silicon": True,
        "apple.chip": "Apple M3 Pro",
    }
    assert result.diagnostics == []
    assert "SECRET" not in json.dumps(result.to_dict())


def test_constructed_json_memory_comes_from_the_profile_when_sysctl_says_nothing():
    hardware = {"chip_type": "Apple M3 Pro", "physical_memory": "18 GB"}
    (gpu,) = apple.detect(mac("", profile(M3_PRO, hardware=hardware))).accelerators
    assert gpu["memory_mib"] == 18432


def test_an_internal_name_is_no_model_in_constructed_json():
    entry = {key: value for key, value in M3_PRO.items() if key != "sppci_model"} | {
        "_name": "kHW_AppleM1Item"
    }
    (gpu,) = apple.parse_json(profile(entry)).gpus
    assert gpu.model is None and gpu.vendor == "apple"


def test_an_intel_mac_by_construction_promises_nothing_and_prefers_the_card():
    result = apple.detect(
        mac(
            "hw.memsize: 17179869184\nmachdep.cpu.brand_string: Intel(R) Core(TM) i7\n",
            profile(UHD, RADEON),
        )
    )
    shared, card = result.accelerators
    assert (shared["vendor"], shared["memory_mib"], shared["unified_memory"]) == ("intel", 1536, True)
    assert (card["vendor"], card["memory_mib"], card["unified_memory"]) == ("amd", 4096, False)
    assert card["pci_id"] == "1002:7340" and shared["pci_id"] == "8086:3e9b"
    assert [gpu["usable"] for gpu in result.accelerators] == [None, None]
    assert result.facts == {"gpu.vendor": "amd", "gpu.memory_mib": 4096}


def test_the_constructed_text_of_an_old_mac_gives_two_gpus():
    result = apple.detect(mac("", "system_profiler: unknown option -json\n", INTEL_AND_AMD))
    shared, card = result.accelerators
    assert (shared["model"], shared["vendor"], shared["memory_mib"]) == (
        "Intel HD Graphics 530",
        "intel",
        1536,
    )
    assert (card["model"], card["vendor"], card["memory_mib"]) == ("AMD Radeon Pro 450", "amd", 2048)
    assert shared["unified_memory"] is True and card["unified_memory"] is False


def test_the_constructed_text_of_an_m1_gives_chip_memory_and_metal():
    text = """\
Hardware:

    Hardware Overview:

      Chip: Apple M1
      Memory: 16 GB
      Serial Number (system): SECRET

Memory:

      Memory: 99 GB

Graphics/Displays:

    Apple M1:

      Chipset Model: Apple M1
      Total Number of Cores: 8
      Vendor: Apple (0x106b)
      Metal Family: Supported, Metal GPUFamily Apple 7
"""
    assert apple.parse_text(text) == apple.Profile(
        "Apple M1", 16384, (apple.Gpu("Apple M1", "apple", cores=8, metal=True),)
    )


@pytest.mark.parametrize("brand", ["Apple M1", "VirtualApple @ 2.50GHz processor"])
def test_rosetta_is_apple_silicon_and_is_told(brand):
    text = f"machdep.cpu.brand_string: {brand}\nsysctl.proc_translated: 1\nhw.memsize: 8589934592\n"
    result = apple.detect(mac(text, profile(M3_PRO)))
    assert result.facts["apple.rosetta"] is True and result.facts["apple.silicon"] is True
    assert [note["level"] for note in result.diagnostics] == ["warning"]


def test_rosetta_alone_is_a_sign_of_apple_silicon():
    (gpu,) = apple.detect(mac("sysctl.proc_translated: 1\n")).accelerators
    assert (gpu["vendor"], gpu["usable"]) == ("apple", None)


def test_a_hackintosh_is_no_apple_silicon():
    result = apple.detect(
        mac("machdep.cpu.brand_string: AMD Ryzen 9 3900X\nhw.memsize: 1\n", profile(RADEON))
    )
    assert "apple.silicon" not in result.facts
    assert [gpu["vendor"] for gpu in result.accelerators] == ["amd"]


def test_the_gpu_of_a_virtual_mac_is_present_and_nobody_knows_whether_it_computes():
    entry = M3_PRO | {"sppci_model": "Apple Paravirtual device"}
    (gpu,) = apple.detect(mac("machdep.cpu.brand_string: Apple M1 (Virtual)\n", profile(entry))).accelerators
    assert gpu["usable"] is None and "virtual" in gpu["why_not"]


def test_a_virtual_mac_without_a_gpu_has_none():
    result = apple.detect(mac("machdep.cpu.brand_string: Apple M1 (Virtual)\n", profile()))
    assert result.accelerators == [] and result.facts["apple.silicon"] is True


def test_no_metal_is_not_usable():
    entry = M3_PRO | {"spdisplays_mtlgpufamilysupport": "spdisplays_notsupported"}
    (gpu,) = apple.detect(mac("", profile(entry))).accelerators
    assert gpu["usable"] is False


def test_a_display_adapter_of_an_unknown_vendor_is_no_gpu():
    result = apple.detect(mac("", profile({"sppci_model": "Display", "spdisplays_vendor": "0x15ad"})))
    assert result.accelerators == [] and result.facts == {}
    assert [note["level"] for note in result.diagnostics] == ["info"]


@pytest.mark.parametrize("platform", ["linux", "windows", "freebsd"])
def test_other_systems_are_not_asked(platform):
    class Silent(Fixed):
        def run(self, argv, timeout=0.0):
            raise AssertionError(argv)

    result = apple.detect(Silent(platform=platform))
    assert result.to_dict() == {
        "machine": {},
        "accelerators": [],
        "targets": [],
        "facts": {},
        "diagnostics": [],
    }


def test_a_mac_that_answers_nothing_is_a_diagnostic():
    result = apple.detect(Fixed(platform="darwin"))
    assert result.accelerators == [] and result.facts == {}
    assert [note["probe"] for note in result.diagnostics] == ["apple"]


def test_system_profiler_has_eight_seconds_and_is_not_asked_twice_when_it_is_late():
    asked = []

    class Slow(Fixed):
        def run(self, argv, timeout=2.0):
            asked.append((argv[0], timeout))
            return Completed(tuple(argv), None, "", "", "timed out")

    result = apple.detect(Slow(platform="darwin"))
    assert asked == [("sysctl", 2.0), ("system_profiler", 8.0)]
    assert "timed out" in result.diagnostics[0]["message"]


@pytest.mark.parametrize(
    ("text", "mib"),
    [("16 GB", 16384), ("1536 MB", 1536), ("1 TB", 1 << 20), ("0 GB", None), ("lots", None), (None, None)],
)
def test_sizes(text, mib):
    assert apple.parse_size(text) == mib


KEYS = st.sampled_from([*M3_PRO, *UHD, *RADEON, "chip_type", "physical_memory"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("9" * 5000)
)
ENTRY = st.dictionaries(KEYS, st.one_of(LEAVES, st.lists(LEAVES, max_size=2)), max_size=6)


@settings(deadline=None)
@given(st.one_of(st.lists(st.one_of(ENTRY, LEAVES), max_size=3), LEAVES))
def test_any_json_of_the_right_names_is_survived(entries):
    text = json.dumps({"SPDisplaysDataType": entries, "SPHardwareDataType": entries})
    result = apple.detect(mac(text, text))
    assert len(result.accelerators) <= 64
    json.dumps(result.to_dict(), allow_nan=False)


@settings(deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_survived(text):
    for parse in (apple.parse_sysctl, apple.parse_json, apple.parse_text):
        for prefix in ("", "Graphics/Displays:\n      Chipset Model: ", "hw.memsize: ", "{"):
            parse(prefix + text)
    apple.parse_size(text)
    apple.parse_vendor(text)
    apple.parse_device_id(text)
    apple.parse_metal(text)
    apple.detect(mac(text, text, text))


@pytest.mark.parametrize(
    "text",
    ["{" * 100_000, "[" * 100_000, '{"SPDisplaysDataType":' * 20_000, " " * 5_000_000, "a: " * 2_000_000],
)
def test_huge_text_is_bounded(text):
    apple.detect(mac(text, text, text))


def test_long_foreign_strings_and_many_gpus_are_cut():
    entry = M3_PRO | {"sppci_model": "x\x1b[31m\n" * 500}
    result = apple.detect(mac("", profile(*[entry] * 300)))
    assert len(result.accelerators) == 64
    model = result.accelerators[0]["model"]
    assert len(model) <= 200 and model.isprintable()
