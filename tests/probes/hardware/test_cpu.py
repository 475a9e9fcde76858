"""Processors: every recording gives its known answer, and each trap of the sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import cpu
from probes.hardware.microarchitecture import microarchitecture
from probes.reader import PROCESS, Fixed, Live

DATA = Path(__file__).parents[2] / "data" / "hardware" / "cpu"
ARCHSPEC = sorted(path.name for path in (DATA / "archspec").iterdir())
ARCHITECTURES = {
    "power7": "ppc64",
    "power10": "ppc64",
    "power8le": "ppc64le",
    "x60": "riscv64",
    "u74mc": "riscv64",
}
# Of the features that the sources were searched for, those that the recording has.
FLAGS = {
    "piledriver": "sse4_2 avx",
    "bulldozer": "sse4_2 avx",
    "ivybridge": "sse4_2 avx",
    "broadwell": "sse4_2 avx avx2",
    "zen": "sse4_2 avx avx2",
    "haswell": "sse4_2 avx avx2",
    "skylake": "sse4_2 avx avx2",
    "skylake_avx512": "sse4_2 avx avx2 avx512f",
    "zen4": "sse4_2 avx avx2 avx512f avx512_vnni avx512_bf16",
    "alderlake": "sse4_2 avx avx2 avx_vnni",
    "sapphirerapids": "sse4_2 avx avx2 avx_vnni avx512f avx512_vnni avx512_bf16 amx_tile amx_int8",
    "cortex_a72": "asimd",
    "thunderx2": "asimd",
    "neoverse_n1": "asimd asimddp",
    "m2": "asimd asimddp bf16 i8mm",
    "m4": "asimd asimddp bf16 i8mm",
    "ampere1": "asimd asimddp bf16 i8mm",
    "ampere1a": "asimd asimddp bf16 i8mm",
    "neoverse_v1": "asimd asimddp sve bf16 i8mm",
    "neoverse_n2": "asimd asimddp sve sve2 bf16 i8mm",
    "neoverse_v2": "asimd asimddp sve sve2 bf16 i8mm",
    "neoverse_v3ae": "asimd asimddp sve sve2 bf16 i8mm",
    "a64fx": "asimd sve",
    "power7": "",
    "power8le": "",
    "power10": "",
    "x60": "",
    "u74mc": "",
}
M1 = {
    "linux-asahi-m1": "asimd asimddp",
    "darwin-monterey-m1": "asimd asimddp",
    "darwin-bigsur-m1": "asimd",
}
SEARCHED = set(FLAGS["sapphirerapids"].split()) | set(FLAGS["neoverse_v2"].split())


def recorded(name: str) -> str:
    """The text of a recording."""
    return (DATA / name).read_text()


def machine(name: str) -> Fixed:
    """A machine with the processor of an archspec recording."""
    text, answer = recorded("archspec/" + name), name.rsplit("-", 1)[1]
    if name.startswith("darwin"):
        return Fixed(
            {},
            {cpu.SYSCTL: text, PROCESS: '{"machine": "%s"}' % ("arm64" if "arm64" in text else "x86_64")},
            platform="darwin",
        )
    arch = ARCHITECTURES.get(answer) or ("aarch64" if "CPU implementer" in text else "x86_64")
    return Fixed({"/proc/cpuinfo": text, "/proc/sys/kernel/arch": arch})


@pytest.mark.parametrize("name", ARCHSPEC)
def test_recorded_features(name: str) -> None:
    answer = M1.get(name) or FLAGS[name.rsplit("-", 1)[1]]
    assert set(cpu.detect(machine(name)).machine["cpu"]["features"]) & SEARCHED == set(answer.split())


@pytest.mark.parametrize("name", ARCHSPEC)
def test_recorded_microarchitecture(name: str) -> None:
    pytest.importorskip("archspec")
    assert cpu.detect(machine(name)).machine["cpu"]["microarchitecture"] == name.rsplit("-", 1)[1]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("bgq-rhel6-power7", "POWER7"),
        ("darwin-mojave-haswell", "Intel(R) Core(TM) i7-4980HQ CPU @ 2.80GHz"),
        ("darwin-sequoia-m4", "Apple M4 Max"),
        ("linux-amazon-cortex_a72", "Cortex-A72"),
        ("linux-asahi-m1", None),
        ("linux-centos7-power8le", "POWER8NVL"),
        ("linux-debian13-x60", "Spacemit(R) X60"),
        ("linux-rocky8-a64fx", "A64FX"),
        ("linux-rocky8.5-zen4", "AMD EPYC 9654 96-Core Processor"),
        ("linux-sifive-u74mc", "sifive,u74-mc"),
    ],
)
def test_recorded_model(name: str, model: str | None) -> None:
    assert cpu.detect(machine(name)).machine["cpu"]["model"] == model


@pytest.mark.parametrize(
    ("name", "arch", "model", "cores", "uarch"),
    [
        ("linux-amd64-accel-nvidia", "x86_64", "Intel(R) Xeon(R) CPU E5-2695 v4 @ 2.10GHz", 8, "broadwell"),
        (
            "linux-amd64-415ee03b8c4d1c4f07ae2e9d8b3d3d6d",
            "x86_64",
            "12th Gen Intel(R) Core(TM) i7-1270P",
            16,
            "alderlake",
        ),
        ("linux-arm64-neoverse_n1", "aarch64", "Neoverse-N1", 1, "neoverse_n1"),
    ],
)
def test_recorded_systems(name: str, arch: str, model: str, cores: int, uarch: str) -> None:
    reader = Fixed({"/proc/cpuinfo": recorded(f"ghw/{name}/cpuinfo"), "/proc/sys/kernel/arch": arch})
    found = cpu.detect(reader)
    assert found.machine["cpu"]["model"] == model
    assert found.machine["cpu"]["cores_total"] == found.machine["cpu"]["cores_usable"] == cores
    assert found.facts == {"cores": cores}
    pytest.importorskip("archspec")
    assert found.machine["cpu"]["microarchitecture"] == uarch


def test_raspberry_pi_is_named_by_its_part_not_by_the_hardware_line() -> None:
    seen = cpu.parse_cpuinfo(recorded("cpuinfo/raspberry-pi-4b"))
    assert (seen.model, seen.part, seen.vendor, seen.logical) == ("Cortex-A72", "0xd08", "ARM", 4)


def test_by_construction_raspberry_pi_3_with_a_32_bit_kernel() -> None:
    one = "processor : {}\nmodel name : ARMv7 Processor rev 4 (v7l)\nFeatures : half neon vfpv4\nCPU implementer : 0x41\nCPU part : 0xd03\n\n"
    seen = cpu.parse_cpuinfo("".join(one.format(n) for n in range(4)) + "Hardware : BCM2835\n")
    assert (seen.model, seen.logical, seen.features) == ("Cortex-A53", 4, ("neon",))


def test_by_construction_an_unknown_part_is_named_by_the_board_or_the_kernel() -> None:
    text = "processor : 0\nmodel name : ARMv8 Processor rev 1\nCPU implementer : 0x99\nCPU part : 0x123\n"
    assert cpu.parse_cpuinfo(text).model == "ARMv8 Processor rev 1"
    assert cpu.parse_cpuinfo(text + "Model : Some Board 9\n").model == "Some Board 9"


def test_by_construction_big_and_little_cores_are_both_named() -> None:
    text = "".join(
        f"processor : {n}\nCPU implementer : 0x41\nCPU part : {'0xd05' if n < 4 else '0xd0b'}\n\n"
        for n in range(6)
    )
    assert cpu.parse_cpuinfo(text).model == "Cortex-A55 + Cortex-A76"


def test_lscpu_is_asked_for_a_name_that_cpuinfo_lacks() -> None:
    text = recorded("archspec/linux-asahi-m1")
    reader = Fixed(
        {"/proc/cpuinfo": text}, {("lscpu",): "Architecture: aarch64\nCPU(s): 8\nModel name: Icestorm-M1\n"}
    )
    assert cpu.detect(reader).machine["cpu"]["model"] == "Icestorm-M1"
    assert cpu.parse_lscpu("Model name:  -\n") == cpu.Processor()


def test_memory_encryption_on_amd_is_not_the_matrix_extension_of_arm() -> None:
    text = recorded("archspec/linux-rocky8.5-zen4")
    assert " sme " in text and "sme" not in cpu.parse_cpuinfo(text).features
    assert "sme" in cpu.detect(machine("darwin-sequoia-m4")).machine["cpu"]["features"]


def test_by_construction_rosetta_is_told() -> None:
    text = "machdep.cpu.brand_string: Apple M2\nhw.logicalcpu: 8\nsysctl.proc_translated: 1\n"
    found = cpu.detect(Fixed({}, {cpu.SYSCTL: text, PROCESS: '{"machine": "x86_64"}'}, platform="darwin"))
    assert found.machine["cpu"]["model"] == "Apple M2"
    assert "Rosetta" in found.diagnostics[0]["message"]
    assert found.machine["cpu"]["microarchitecture"] in ("m2", None)


def test_by_construction_windows() -> None:
    told = '{"machine": "AMD64", "cpus": 8, "cpus_total": 16, "features": ["avx2", "avx"], "microarchitecture": "zen3"}'
    name = "\r\nHKEY_LOCAL_MACHINE\\HARDWARE\\...\\0\r\n    ProcessorNameString    REG_SZ    AMD EPYC 7763 64-Core Processor                \r\n\r\n"
    reader = Fixed({}, {PROCESS: told, cpu.REGISTRY: name}, {}, "windows")
    assert cpu.detect(reader).machine["cpu"] == {
        "model": "AMD EPYC 7763 64-Core Processor",
        "microarchitecture": "zen3",
        "features": ["avx", "avx2"],
        "cores_total": 16,
        "cores_usable": 8,
    }
    environ = {
        "PROCESSOR_IDENTIFIER": "AMD64 Family 25 Model 1 Stepping 1, AuthenticAMD",
        "NUMBER_OF_PROCESSORS": "4",
    }
    poor = cpu.detect(Fixed({}, {}, environ, "windows")).machine["cpu"]
    assert poor["model"] == environ["PROCESSOR_IDENTIFIER"] and poor["cores_usable"] == 4
    assert poor["microarchitecture"] is None and poor["features"] == []


CPUINFO = "".join(f"processor : {n}\nmodel name : X\nflags : avx\n\n" for n in range(24))
ONLINE, STATUS = "/sys/devices/system/cpu/online", "/proc/self/status"


@pytest.mark.parametrize(
    ("files", "total", "usable"),
    [
        ({}, 24, 24),
        ({ONLINE: "0-11\n"}, 12, 12),
        ({ONLINE: "0-23\n", STATUS: "Cpus_allowed:\tf\nCpus_allowed_list:\t0-2,8\n"}, 24, 4),
        # The mask of possible processors is larger than the machine.
        ({ONLINE: "0-3\n", STATUS: "Cpus_allowed_list:\t0-127\n"}, 4, 4),
        ({STATUS: "Cpus_allowed_list:\t0-127\n"}, 24, 24),
        ({ONLINE: "nonsense", STATUS: "Cpus_allowed_list:\t9-1\n"}, 24, 24),
    ],
)
def test_cores_by_affinity(files: dict[str, str], total: int, usable: int) -> None:
    found = cpu.detect(Fixed({"/proc/cpuinfo": CPUINFO, **files}))
    assert (found.machine["cpu"]["cores_total"], found.machine["cpu"]["cores_usable"]) == (total, usable)
    assert found.facts["cores"] == usable


@pytest.mark.parametrize(
    ("share", "usable"), [("600000 100000", 6), ("250000 100000", 3), ("1000 100000", 1), ("max 100000", 24)]
)
def test_cores_by_quota(share: str, usable: int) -> None:
    files = {"/proc/cpuinfo": CPUINFO, "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": share + "\n"}
    assert cpu.detect(Fixed(files)).machine["cpu"]["cores_usable"] == usable


def test_cores_that_the_interpreter_was_given() -> None:
    reader = Fixed({"/proc/cpuinfo": CPUINFO}, {PROCESS: '{"cpus": 5}'})
    assert cpu.detect(reader).machine["cpu"]["cores_usable"] == 5


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows", "freebsd14"])
def test_nothing_known_is_nothing_found(platform: str) -> None:
    found = cpu.detect(Fixed(platform=platform)).to_dict()
    assert not any(found.values())


def test_without_archspec_there_is_no_microarchitecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "archspec.cpu", None)
    assert microarchitecture("x86_64", "GenuineIntel", ["avx"], None, None) is None
    monkeypatch.undo()
    assert microarchitecture("pdp11", None, [], None, None) is None


@pytest.mark.skipif(sys.platform != "linux", reason="compares with commands of Linux")
def test_this_machine_as_its_commands_say() -> None:
    seen = cpu.detect(Live()).machine["cpu"]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    if shutil.which("nproc"):
        count = int(subprocess.run(["nproc"], capture_output=True, text=True, env=plain, check=True).stdout)
        assert seen["cores_usable"] <= count <= seen["cores_total"]
    if shutil.which("lscpu"):
        text = subprocess.run(
            ["lscpu"], capture_output=True, text=True, env={**plain, "LC_ALL": "C"}, check=True
        ).stdout
        fields = dict(re.findall(r"^([^:\n]+):[ \t]*(.*)$", text, re.M))
        if fields.get("Model name", "-") != "-":
            assert seen["model"] == fields["Model name"]
        assert seen["cores_total"] == int(fields["CPU(s)"]) or "Off-line CPU(s) list" in fields
        assert set(seen["features"]) <= set(fields["Flags"].split())


@pytest.mark.skipif(sys.platform != "linux", reason="archspec looks at this machine")
def test_this_machine_as_archspec_says() -> None:
    library = pytest.importorskip("archspec.cpu")
    assert cpu.detect(Live()).machine["cpu"]["microarchitecture"] == library.host().name


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.binary().map(lambda raw: raw.decode("utf-8", "replace")),
        st.lists(
            st.tuples(
                st.sampled_from(
                    [
                        "processor",
                        "flags",
                        "Features",
                        "CPU part",
                        "CPU implementer",
                        "Model",
                        "model name",
                        "cpu",
                        "CPU(s)",
                        "hw.logicalcpu",
                        "Cpus_allowed_list",
                        "machdep.cpu.brand_string",
                    ]
                ),
                st.text(),
            )
        ).map(lambda rows: "\n".join(f"{key}: {value}" for key, value in rows)),
    )
)
def test_any_text_is_survived(text: str) -> None:
    for parse in (cpu.parse_cpuinfo, cpu.parse_lscpu, cpu.parse_sysctl):
        seen = parse(text)
        assert seen.model is None or (0 < len(seen.model) <= 200 and seen.model.isprintable())
        assert seen.logical is None or 0 < seen.logical < 1 << 22
        microarchitecture("arm64", seen.vendor, seen.flags, seen.part, seen.model)
    for list_of in (cpu.parse_list, cpu.parse_allowed):
        assert len(list_of(text) or ()) <= cpu.CPUS_LIMIT
    cpu.parse_registry(text)
    for platform in ("linux", "darwin", "windows"):
        commands = {cpu.SYSCTL: text, cpu.REGISTRY: text, ("lscpu",): text, PROCESS: text}
        cpu.detect(Fixed({"/proc/cpuinfo": text, STATUS: text, ONLINE: text}, commands, {}, platform))


@pytest.mark.parametrize(
    "text",
    ["x" * 10_000_000, "model name : " + "9" * 10_000_000, "processor : 1\n" * 500_000, ":" * 3_000_000],
)
def test_huge_text_is_survived(text: str) -> None:
    for parse in (
        cpu.parse_cpuinfo,
        cpu.parse_lscpu,
        cpu.parse_sysctl,
        cpu.parse_registry,
        cpu.parse_allowed,
    ):
        parse(text)


@pytest.mark.parametrize("text", ["0-" + "9" * 10_000, "1-2-3", "-1", "0-99999999", "", ",", "0x10"])
def test_a_list_that_is_none_is_not_known(text: str) -> None:
    assert cpu.parse_list(text) is None or text == "0x10"


def test_control_characters_are_removed() -> None:
    assert cpu.parse_cpuinfo("model name : A\x1b[31mB\n").model == "A [31mB"
