"""What the rules on wheels and devices say of real machines: a table in which each row decides at least one line."""

import re

import pytest

from advisor import days, load_rules
from advisor.advise.support import device_facts, supported

RULES = load_rules()
ROWS = {row["id"]: row for row in RULES.core["support"]}
DAY = days.parse("2026-11-22")
SITE = "with --index-url of the PyTorch download site, as its install page shows"

LINUX = {"os": "linux", "arch": "x86_64", "libc": "glibc", "libc.version": "2.35", "wsl": False}
ARM_LINUX = {**LINUX, "arch": "arm64"}
WSL = {**LINUX, "wsl": True}
ALPINE = {"os": "linux", "arch": "x86_64", "libc": "musl", "wsl": False}
WINDOWS = {"os": "windows", "os_version": "10.0.22631", "arch": "x86_64", "wsl": False}
WINDOWS_ARM = {**WINDOWS, "arch": "arm64"}
MAC = {"os": "darwin", "os_version": "15.5", "arch": "arm64"}
MAC13 = {**MAC, "os_version": "13.7.1"}
INTEL_MAC = {"os": "darwin", "os_version": "13.7", "arch": "x86_64"}

# A machine, its Python, then state, release and deciding row for PyTorch and for TensorFlow.
PACKAGES = [
    ("Ubuntu, Python 3.9", LINUX, "3.9", "yes 2.8.0 torch_python39", "yes 2.20.0 tf_python39"),
    ("Ubuntu, Python 3.10", LINUX, "3.10", "yes 2.14.1 torch_linux_python310", "yes 2.21.0 tf_linux"),
    ("Ubuntu, Python 3.11", LINUX, "3.11", "yes 2.15.0 torch_linux", "yes 2.21.0 tf_linux"),
    ("Ubuntu, Python 3.12", LINUX, "3.12", "yes 2.15.0 torch_linux", "yes 2.21.0 tf_linux"),
    ("Ubuntu, Python 3.13.7", LINUX, "3.13.7", "yes 2.15.0 torch_linux", "yes 2.21.0 tf_linux"),
    ("Ubuntu, Python 3.14", LINUX, "3.14", "yes 2.15.0 torch_linux", "no - tf_python314"),
    ("Ubuntu, Python 3.15", LINUX, "3.15", "yes 2.15.0 torch_linux", "no - tf_python315"),
    ("Ubuntu, Python 3.16", LINUX, "3.16", "no - torch_python_new", "no - tf_python315"),
    ("Ubuntu, Python 3.8", LINUX, "3.8", "no - torch_python_old", "no - tf_python_old"),
    ("Graviton, Python 3.12", ARM_LINUX, "3.12", "yes 2.15.0 torch_linux", "yes 2.21.0 tf_linux"),
    ("WSL2, Python 3.12", WSL, "3.12", "yes 2.15.0 torch_linux", "yes 2.21.0 tf_linux"),
    ("Alpine", ALPINE, "3.12", "no - torch_musl", "no - tf_musl"),
    (
        "Ubuntu 18.04, Python 3.12",
        {**LINUX, "libc.version": "2.27"},
        "3.12",
        "no - torch_glibc_old",
        "yes 2.21.0 tf_linux",
    ),
    (
        "CentOS 7, Python 3.11",
        {**LINUX, "libc.version": "2.17"},
        "3.11",
        "no - torch_glibc_old",
        "no - tf_glibc_old",
    ),
    (
        "Raspberry Pi OS, 32 bits",
        {**LINUX, "arch": "armv7l"},
        "3.11",
        "no - torch_other_arch",
        "no - tf_other_arch",
    ),
    ("RISC-V", {**LINUX, "arch": "riscv64"}, "3.12", "no - torch_other_arch", "no - tf_other_arch"),
    (
        "Windows with 32-bit Python",
        {**WINDOWS, "arch": "x86"},
        "3.12",
        "no - torch_other_arch",
        "no - tf_other_arch",
    ),
    ("Windows, Python 3.9", WINDOWS, "3.9", "yes 2.8.0 torch_python39", "yes 2.20.0 tf_python39"),
    ("Windows, Python 3.10", WINDOWS, "3.10", "yes 2.14.1 torch_windows_python310", "yes 2.21.0 tf_windows"),
    ("Windows, Python 3.12", WINDOWS, "3.12", "yes 2.15.0 torch_windows", "yes 2.21.0 tf_windows"),
    ("Windows, Python 3.14", WINDOWS, "3.14", "yes 2.15.0 torch_windows", "no - tf_python314"),
    ("Windows, Python 3.15", WINDOWS, "3.15", "yes 2.15.0 torch_windows", "no - tf_python315"),
    ("Snapdragon laptop", WINDOWS_ARM, "3.12", "no - torch_windows_arm", "no - tf_windows_arm"),
    ("Mac M3, Python 3.9", MAC, "3.9", "yes 2.8.0 torch_python39", "yes 2.20.0 tf_python39"),
    ("Mac M3, Python 3.10", MAC, "3.10", "yes 2.14.1 torch_mac_python310", "yes 2.21.0 tf_mac_arm"),
    ("Mac M3, Python 3.13", MAC, "3.13", "yes 2.15.0 torch_mac_arm", "yes 2.21.0 tf_mac_arm"),
    ("Mac M3, Python 3.15", MAC, "3.15", "yes 2.15.0 torch_mac_arm", "no - tf_python315"),
    (
        "Mac M3 on macOS 14.0",
        {**MAC, "os_version": "14.0"},
        "3.12",
        "yes 2.15.0 torch_mac_arm",
        "yes 2.21.0 tf_mac_arm",
    ),
    ("Mac M1 on macOS 13", MAC13, "3.12", "yes 2.11.0 torch_mac13", "yes 2.21.0 tf_mac_arm"),
    ("Mac M1 on macOS 13, Python 3.15", MAC13, "3.15", "no - torch_mac13_python", "no - tf_python315"),
    ("Intel Mac, Python 3.9", INTEL_MAC, "3.9", "yes 2.2.2 torch_mac_intel", "yes 2.16.2 tf_mac_intel"),
    ("Intel Mac, Python 3.12", INTEL_MAC, "3.12", "yes 2.2.2 torch_mac_intel", "yes 2.16.2 tf_mac_intel"),
    ("Intel Mac, Python 3.13", INTEL_MAC, "3.13", "no - torch_mac_intel_python", "no - tf_mac_intel_python"),
]


def nvidia(capability, driver):
    return {"kind": "gpu", "vendor": "nvidia", "compute_capability": capability, "driver": driver}


def amd(gfx):
    return {"kind": "gpu", "vendor": "amd", "gfx": gfx}


def intel(device):
    return {"kind": "gpu", "vendor": "intel", "pci_id": f"8086:{device}"}


APPLE = {"kind": "gpu", "vendor": "apple", "model": "Apple M3"}


def tpu(generation):
    return {"kind": "tpu", "vendor": "google", "model": f"TPU {generation}"}


CORAL = {"kind": "tpu", "vendor": "google", "model": "Coral Edge TPU"}

# A device in a machine, then state, release and deciding row for PyTorch and for TensorFlow.
DEVICES = [
    ("H100", LINUX, nvidia("9.0", "580.95.05"), "yes 2.15.0 torch_nvidia_linux", "yes 2.21.0 tf_nvidia"),
    (
        "A100 with driver 550",
        LINUX,
        nvidia("8.0", "550.54.14"),
        "yes 2.14.1 torch_nvidia_driver_cuda12",
        "yes 2.21.0 tf_nvidia",
    ),
    ("T4", LINUX, nvidia("7.5", "580.65.06"), "yes 2.15.0 torch_nvidia_linux", "yes 2.21.0 tf_nvidia"),
    (
        "RTX 4090 with driver 525",
        LINUX,
        nvidia("8.9", "525.60.13"),
        "yes 2.14.1 torch_nvidia_driver_cuda12",
        "yes 2.21.0 tf_nvidia",
    ),
    (
        "RTX 3080 with driver 470",
        LINUX,
        nvidia("8.6", "470.256.02"),
        "no - torch_nvidia_driver_ancient",
        "no - tf_nvidia_driver",
    ),
    (
        "V100",
        LINUX,
        nvidia("7.0", "580.95.05"),
        "yes 2.14.1 torch_nvidia_pre_turing",
        "yes 2.21.0 tf_nvidia",
    ),
    (
        "GTX 1080 Ti",
        LINUX,
        nvidia("6.1", "550.54.14"),
        "yes 2.14.1 torch_nvidia_pre_turing",
        "yes 2.21.0 tf_nvidia",
    ),
    (
        "GTX 980",
        LINUX,
        nvidia("5.2", "550.54.14"),
        "yes 2.14.1 torch_nvidia_pre_turing",
        "yes 2.16.2 tf_nvidia_maxwell",
    ),
    ("K80", LINUX, nvidia("3.7", "470.256.02"), "no - torch_nvidia_ancient", "no - tf_nvidia_ancient"),
    (
        "RTX 5090",
        LINUX,
        nvidia("12.0", "590.48.01"),
        "yes 2.15.0 torch_nvidia_linux",
        "no - tf_nvidia_blackwell",
    ),
    (
        "RTX 5070 with driver 570",
        LINUX,
        nvidia("12.0", "570.86.10"),
        "yes 2.11.0 torch_nvidia_driver_blackwell",
        "no - tf_nvidia_blackwell",
    ),
    (
        "RTX 5090 with driver 560",
        LINUX,
        nvidia("12.0", "560.35.03"),
        "no - torch_nvidia_driver_old",
        "no - tf_nvidia_blackwell",
    ),
    (
        "B200",
        LINUX,
        nvidia("10.0", "580.95.05"),
        "yes 2.15.0 torch_nvidia_linux",
        "no - tf_nvidia_blackwell_server",
    ),
    (
        "B300 with driver 575",
        LINUX,
        nvidia("10.3", "575.57.08"),
        "yes 2.11.0 torch_nvidia_driver_blackwell",
        "no - tf_nvidia_blackwell_server",
    ),
    (
        "RTX 4090 in WSL2",
        WSL,
        nvidia("8.9", "581.29"),
        "yes 2.15.0 torch_nvidia_linux",
        "yes 2.21.0 tf_nvidia",
    ),
    (
        "RTX 5080 in WSL2",
        WSL,
        nvidia("12.0", "581.29"),
        "yes 2.15.0 torch_nvidia_linux",
        "no - tf_nvidia_blackwell",
    ),
    (
        "RTX 4090 on Windows",
        WINDOWS,
        nvidia("8.9", "581.29"),
        "yes 2.15.0 torch_nvidia_windows",
        "no - tf_gpu_windows",
    ),
    (
        "RTX 2080 on Windows with driver 537",
        WINDOWS,
        nvidia("7.5", "537.13"),
        "yes 2.14.1 torch_nvidia_driver_cuda12",
        "no - tf_gpu_windows",
    ),
    (
        "RTX 2080 on Windows with driver 527",
        WINDOWS,
        nvidia("7.5", "527.56"),
        "no - torch_nvidia_driver_ancient",
        "no - tf_gpu_windows",
    ),
    (
        "GTX 1060 on Windows",
        WINDOWS,
        nvidia("6.1", "566.36"),
        "yes 2.14.1 torch_nvidia_pre_turing",
        "no - tf_gpu_windows",
    ),
    (
        "GH200",
        ARM_LINUX,
        nvidia("9.0", "580.159.04"),
        "yes 2.15.0 torch_nvidia_arm",
        "no - tf_nvidia_arm",
    ),
    ("GB10", ARM_LINUX, nvidia("12.1", "580.95.05"), "yes 2.15.0 torch_nvidia_arm", "no - tf_nvidia_arm"),
    ("Jetson Thor", ARM_LINUX, nvidia("11.0", "580.00"), "yes 2.15.0 torch_nvidia_arm", "no - tf_nvidia_arm"),
    ("Jetson Orin", ARM_LINUX, nvidia("8.7", "540.4.0"), "no - torch_jetson", "no - tf_nvidia_arm"),
    ("T4G", ARM_LINUX, nvidia("7.5", "580.65.06"), "no - torch_nvidia_arm_old", "no - tf_nvidia_arm"),
    (
        "GH200 with driver 550",
        ARM_LINUX,
        nvidia("9.0", "550.54.14"),
        "yes 2.14.1 torch_nvidia_driver_cuda12",
        "no - tf_nvidia_arm",
    ),
    ("Mac M3", MAC, APPLE, "yes 2.15.0 torch_apple", "no - tf_apple"),
    ("Mac M1 on macOS 13", MAC13, APPLE, "yes 2.11.0 torch_apple_macos13", "no - tf_apple"),
    ("Radeon in an Intel Mac", INTEL_MAC, amd(None), "yes 2.2.2 torch_mac_amd", "no - tf_mac_other"),
    ("Iris in an Intel Mac", INTEL_MAC, intel("8a53"), "no - torch_mac_other", "no - tf_mac_other"),
    ("GeForce in an Intel Mac", INTEL_MAC, nvidia("3.0", None), "no - torch_mac_other", "no - tf_mac_other"),
    ("MI300X", LINUX, amd("gfx942"), "yes 2.14.1 torch_amd_linux", "yes - tf_amd_instinct"),
    ("MI210", LINUX, amd("gfx90a"), "yes 2.14.1 torch_amd_linux", "yes - tf_amd_instinct"),
    ("RX 7900 XTX", LINUX, amd("gfx1100"), "yes 2.14.1 torch_amd_linux", "yes - tf_amd_radeon"),
    ("RX 9070 XT", LINUX, amd("gfx1201"), "yes 2.14.1 torch_amd_linux", "yes - tf_amd_radeon"),
    ("Radeon 780M", LINUX, amd("gfx1103"), "yes 2.14.1 torch_amd_linux", "no - tf_amd_other"),
    ("MI50", LINUX, amd("gfx906"), "yes 2.9.1 torch_amd_vega", "no - tf_amd_other"),
    ("RX 6700 XT", LINUX, amd("gfx1031"), "yes 2.12.0 torch_amd_own_wheels", "no - tf_amd_other"),
    ("Steam Deck", LINUX, amd("gfx1033"), "no - torch_amd_steam_deck", "no - tf_amd_other"),
    ("RX 580", LINUX, amd("gfx803"), "no - torch_amd_other", "no - tf_amd_other"),
    ("RX 7900 XTX on Arm", ARM_LINUX, amd("gfx1100"), "no - torch_amd_arm", "no - tf_amd_other"),
    ("RX 9070 on Windows", WINDOWS, amd("gfx1201"), "yes 2.9.1 torch_amd_windows", "no - tf_gpu_windows"),
    ("RX 6800 on Windows", WINDOWS, amd("gfx1030"), "no - torch_amd_windows_other", "no - tf_gpu_windows"),
    ("Arc A770", LINUX, intel("56a0"), "yes 2.15.0 torch_xpu", "no - tf_intel"),
    ("Arc B580 on Windows", WINDOWS, intel("e20b"), "yes 2.15.0 torch_xpu", "no - tf_gpu_windows"),
    ("Max 1550", LINUX, intel("0bd5"), "yes 2.15.0 torch_xpu", "no - tf_intel"),
    ("Iris Xe", LINUX, intel("9a49"), "no - torch_intel_other", "no - tf_intel"),
    (
        "Adreno on Windows",
        WINDOWS_ARM,
        {"kind": "gpu", "vendor": "qualcomm"},
        "no - torch_gpu_windows_arm",
        "no - tf_gpu_windows",
    ),
    ("Mali", ARM_LINUX, {"kind": "gpu", "vendor": "arm"}, "no - torch_other_gpu", "no - tf_other_gpu"),
    ("TPU v3", LINUX, tpu("v3"), "yes 2.9.0 torch_tpu_old", "yes 2.18.0 tf_tpu"),
    ("TPU v4", LINUX, tpu("v4"), "yes 2.9.0 torch_tpu", "yes 2.18.0 tf_tpu"),
    ("TPU v5e", LINUX, tpu("v5e"), "yes 2.9.0 torch_tpu", "yes 2.18.0 tf_tpu"),
    ("TPU v6e", LINUX, tpu("v6e"), "yes 2.9.0 torch_tpu", "yes 2.18.0 tf_tpu"),
    ("TPU7x", LINUX, tpu("tpu7x"), "yes torch-tpu 0.2.0 torch_tpu7x", "no - tf_tpu7x"),
    ("Coral", LINUX, CORAL, "no - torch_coral", "no - tf_coral"),
    ("Coral on a Raspberry Pi", ARM_LINUX, CORAL, "no - torch_coral", "no - tf_coral"),
    ("Intel NPU", LINUX, {"kind": "npu", "vendor": "intel"}, "no - torch_npu", "no - tf_npu"),
    ("Ryzen AI", LINUX, {"kind": "npu", "vendor": "amd"}, "no - torch_npu", "no - tf_npu"),
    ("Ascend", ARM_LINUX, {"kind": "npu", "vendor": "huawei"}, "no - torch_npu", "no - tf_npu"),
]


def facts_of_device(machine, device):
    generation = {"tpu.generation": device["model"][4:]} if device["model"].startswith("TPU ") else {}
    return device_facts(device, {**machine, **generation})


def lines():
    """Each line of both tables as name, subject, alternative, facts and (state, release, row)."""
    for name, machine, python, *expected in PACKAGES:
        for alternative, words in zip(("pytorch", "tensorflow"), expected):
            yield f"{name}: {alternative}", "packages", alternative, {**machine, "python": python}, words
    for name, machine, device, *expected in DEVICES:
        facts = facts_of_device(machine, {"model": name, **device})
        for alternative, words in zip(("pytorch", "tensorflow"), expected):
            yield f"{name}: {alternative}", "accelerators", alternative, facts, words


def parts(words):
    state, rest = words.split(" ", 1)
    release, row = rest.rsplit(" ", 1)
    return state, None if release == "-" else release, row


LINES = [(subject, alternative, facts, *parts(words)) for _, subject, alternative, facts, words in lines()]
NAMES = [name for name, *_ in lines()]


def answer(subject, alternative, facts, day=DAY):
    return supported(RULES, subject, facts, day)[alternative]


@pytest.mark.parametrize(("subject", "alternative", "facts", "state", "release", "row"), LINES, ids=NAMES)
def test_machines(subject, alternative, facts, state, release, row):
    found = answer(subject, alternative, facts)
    assert (found.state, found.release, found.id) == (state, release, row)
    assert (found.why, found.install, found.source) == tuple(
        ROWS[row][k] for k in ("why", "install", "source")
    )


def test_the_tables_are_long_enough_and_each_row_decides_a_line():
    assert len(PACKAGES) + len(DEVICES) >= 40
    assert set(ROWS) == {line[-1] for line in LINES}


@pytest.mark.parametrize(("subject", "alternative", "facts", "state", "release", "row"), LINES, ids=NAMES)
def test_a_row_counts_from_its_first_day_on(subject, alternative, facts, state, release, row):
    since = ROWS[row]["since"]
    assert since <= DAY
    assert answer(subject, alternative, facts, since).id == row
    assert answer(subject, alternative, facts, since - 1).id != row


@pytest.mark.parametrize(("subject", "alternative", "facts", "state", "release", "row"), LINES, ids=NAMES)
def test_a_missing_fact_never_turns_the_answer_round(subject, alternative, facts, state, release, row):
    for name in facts:
        found = answer(subject, alternative, {k: v for k, v in facts.items() if k != name})
        assert found.id == row or (found.state == "unknown" and name in found.why and found.install is None)


@pytest.mark.parametrize(
    ("subject", "alternative", "facts", "missing"),
    [
        ("packages", "pytorch", {**LINUX, "python": None}, "python"),
        ("packages", "tensorflow", {**LINUX, "python": None}, "python"),
        ("packages", "pytorch", {**LINUX, "libc": None, "python": "3.12"}, "libc"),
        ("packages", "tensorflow", {**LINUX, "libc": None, "python": "3.12"}, "libc"),
        ("packages", "pytorch", {**LINUX, "libc.version": None, "python": "3.12"}, "libc.version"),
        ("packages", "pytorch", {**WINDOWS, "arch": None, "python": "3.12"}, "arch"),
        ("packages", "pytorch", {**MAC, "os_version": None, "python": "3.12"}, "os_version"),
        ("packages", "tensorflow", {"python": "3.12"}, "os"),
        ("accelerators", "pytorch", device_facts(nvidia("8.6", None), LINUX), "gpu.driver"),
        ("accelerators", "tensorflow", device_facts(nvidia("8.6", None), LINUX), "gpu.driver"),
        ("accelerators", "pytorch", device_facts(nvidia(None, "580.1"), LINUX), "gpu.compute_capability"),
        ("accelerators", "tensorflow", device_facts(nvidia(None, "580.1"), LINUX), "gpu.compute_capability"),
        ("accelerators", "pytorch", device_facts(amd(None), LINUX), "amd.gfx"),
        ("accelerators", "tensorflow", device_facts(amd(None), LINUX), "amd.gfx"),
        ("accelerators", "pytorch", device_facts(amd(None), WINDOWS), "amd.gfx"),
        ("accelerators", "pytorch", device_facts({"kind": "gpu", "vendor": "intel"}, LINUX), "gpu.pci_id"),
        ("accelerators", "pytorch", device_facts({"kind": "gpu"}, LINUX), "gpu.vendor"),
        ("accelerators", "tensorflow", device_facts({"kind": "gpu"}, LINUX), "gpu.vendor"),
        ("accelerators", "pytorch", device_facts({**APPLE}, {"os": "darwin", "arch": "arm64"}), "os_version"),
        ("accelerators", "pytorch", device_facts(tpu("?"), LINUX), "tpu.generation"),
        ("accelerators", "tensorflow", device_facts(tpu("?"), LINUX), "tpu.generation"),
        ("accelerators", "pytorch", {}, "accelerator"),
    ],
)
def test_unknown_facts_are_named(subject, alternative, facts, missing):
    found = answer(subject, alternative, {k: v for k, v in facts.items() if v is not None})
    assert (found.state, found.release, found.install) == ("unknown", None, None)
    named = re.match(r"not known: ([a-z_., ]*?)[.;] ", found.why)[1].split(", ")
    assert missing in named and not set(named) & {name for name, value in facts.items() if value is not None}


@pytest.mark.parametrize(
    ("subject", "alternative", "facts"),
    [
        ("packages", "pytorch", {**MAC, "os_version": "12.7", "python": "3.12"}),
        ("packages", "tensorflow", {"os": "freebsd", "arch": "x86_64", "python": "3.12"}),
        ("accelerators", "pytorch", device_facts(intel("56c0"), LINUX)),
    ],
    ids=["macOS 12", "FreeBSD", "Data Center GPU Flex"],
)
def test_what_nobody_wrote_of_stays_unknown(subject, alternative, facts):
    found = answer(subject, alternative, facts)
    assert (found.state, found.id) == ("unknown", None)


def test_days():
    """Python 3.14 and TensorFlow; a card that lost PyTorch's builds; the end of Windows GPUs in TensorFlow."""
    facts = {**LINUX, "python": "3.14"}
    assert answer("packages", "tensorflow", facts, days.parse("2025-10-07")).state == "no"
    assert answer("packages", "tensorflow", facts, days.parse("2025-10-06")).id is None
    pascal = device_facts(nvidia("6.1", "550.54.14"), LINUX)
    assert answer("accelerators", "pytorch", pascal, days.parse("2026-10-28")).release == "2.14.1"
    assert answer("accelerators", "pytorch", pascal, days.parse("2026-10-27")).id is None
    windows = device_facts(nvidia("8.6", "522.06"), WINDOWS)
    assert answer("accelerators", "tensorflow", windows, days.parse("2022-11-18")).state == "no"
    assert answer("accelerators", "tensorflow", windows, days.parse("2022-11-17")).state == "unknown"


def test_rows_are_complete():
    for row in ROWS.values():
        yes = row["state"] == "yes"
        assert (row["install"] is not None) == yes, row["id"]
        assert row["release"] is None or yes, row["id"]
        assert row["id"].startswith("torch_" if row["alternative"] == "pytorch" else "tf_")
        # Where packages lie is for the makers' pages to say.
        assert not re.search(r"download\.pytorch|pypi\.org|radeon\.com|amd\.com", str(row)), row["id"]
        if "--index-url" in (row["install"] or ""):
            assert row["install"].endswith(SITE), row["id"]


def test_cuda_on_windows_does_not_come_from_the_package_index():
    for row in ("torch_nvidia_windows", "torch_nvidia_driver_cuda12", "torch_nvidia_pre_turing"):
        assert SITE in ROWS[row]["install"]
    assert "CPU only" in ROWS["torch_windows"]["why"] and "--index-url" in ROWS["torch_windows"]["why"]
