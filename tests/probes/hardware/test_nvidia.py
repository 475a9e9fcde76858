"""NVIDIA: parsers against recordings, and what `detect` makes of a machine."""

import sys
import time
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.capture import Capture, Replay
from probes.hardware import nvidia, nvidia_nvml, nvidia_smi, nvidia_xml
from probes.hardware.nvidia_gpu import Gpu, completed, memory, short_version, version
from probes.reader import Completed, Fixed, Live

DATA = Path(__file__).resolve().parents[2] / "data" / "hardware" / "nvidia"
CSV = ("nvidia-smi", *nvidia_smi.QUERY)
XML = ("nvidia-smi", "-q", "-x")
NODES = {"/dev/nvidiactl": "", "/dev/nvidia0": "", "/dev/nvidia-uvm": ""}
UNREACHABLE = (DATA / "errors/no-driver-communication.txt").read_text()
MISMATCH = (DATA / "errors/nvml-version-mismatch-570.txt").read_text()


def xml(name):
    return (DATA / "smi-xml" / f"{name}.xml").read_text()


def failed(text, code=9, argv=CSV):
    return Completed(argv, code, text, "", None)


def card(address="0000:01:00.0", driver="nvidia", device="0x2204", klass="0x030000"):
    folder = f"/sys/bus/pci/devices/{address}"
    files = {f"{folder}/vendor": "0x10de\n", f"{folder}/device": device, f"{folder}/class": klass}
    return files, {f"{folder}/driver": f"../../../bus/pci/drivers/{driver}"} if driver else {}


def linux(*cards, files=(), nodes=True, **more):
    found, links = dict(files), {}
    if nodes:
        found.update(NODES)
    for one, link in cards:
        found.update(one)
        links.update(link)
    return Fixed(found, links=links, **more)


def loaded(text="590.48.01"):
    return {"/sys/module/nvidia/version": text + "\n"}


RECORDED_XML = {
    "a100-sxm4-v12": (
        "NVIDIA A100-SXM4-80GB",
        "0000:01:00.0",
        81920,
        "535.54.03",
        "12.2",
        "Ampere",
        "10de:20b2",
        True,
    ),
    "gtx-1660-ti": ("Graphics Device", "0000:43:00.0", 5912, "418.43", "10.1", None, "10de:2184", None),
    "quadro-p400": ("Quadro P400", "0000:43:00.0", 1998, "418.43", "10.1", None, None, None),
    "rtx-3080-v12": (
        "NVIDIA GeForce RTX 3080",
        "0000:04:00.0",
        10240,
        "536.40",
        "12.2",
        "Ampere",
        None,
        None,
    ),
    "rtx-3080-v13": (
        "NVIDIA GeForce RTX 3080",
        "0000:0c:00.0",
        10240,
        "595.58.03",
        "13.2",
        "Ampere",
        None,
        None,
    ),
    "tesla-t4": ("Tesla T4", "0000:00:1e.0", 15360, "515.105.01", "11.7", "Turing", None, None),
}


@pytest.mark.parametrize("name", sorted(p.stem for p in (DATA / "smi-xml").iterdir()))
def test_xml_recordings(name):
    (gpu,) = nvidia_xml.parse_xml(xml(name))
    *values, pci_id, mig = RECORDED_XML[name]
    assert [gpu.name, gpu.address, gpu.memory_mib, gpu.driver, gpu.cuda, gpu.arch] == values
    assert (gpu.mig, gpu.unified, gpu.compute_capability) == (mig, False, None)
    assert pci_id is None or gpu.pci_id == pci_id
    assert gpu.mig_memory_mib == ((19968,) * 4 if mig else None)


RECORDED_CAPTURES = {
    "linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01": ("NVIDIA H100 80GB HBM3", 81559, "9.0", "590.48.01", False),
    "linux-x86_64__nvidia-h100-mig__590.48.01": ("NVIDIA H100 80GB HBM3", 81559, "9.0", "590.48.01", True),
    "linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05": (
        "NVIDIA GeForce RTX 4080 SUPER", 16376, "8.9", "595.71.05", None,
    ),
    "windows-x86_64__nvidia-geforce-rtx-2080-super__591.86": (
        "NVIDIA GeForce RTX 2080 SUPER", 8192, "7.5", "591.86", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(p.stem for p in (DATA / "smi-capture").iterdir()))
def test_csv_of_the_captures(name):
    text = (DATA / "smi-capture" / f"{name}.txt").read_text()
    (gpu,) = nvidia_smi.parse_query(text[text.index("\ntimestamp, ") + 1 :])
    assert (gpu.name, gpu.memory_mib, gpu.compute_capability, gpu.driver, gpu.mig) == RECORDED_CAPTURES[name]
    assert gpu.unified is False and gpu.address is not None


def test_memory_of_gb10_is_that_of_the_system_and_never_zero():
    (gpu,) = nvidia_smi.parse_query((DATA / "query-csv/gb10-memory-na.csv").read_text())
    assert gpu == Gpu(name="NVIDIA GB10", unified=True)


def test_one_driver_line_for_each_of_two_gpus_under_wsl():
    text = (DATA / "query-csv/wsl2-two-gpus-driver-version.txt").read_text()
    gpus = nvidia_smi.parse_query(text, ["driver_version"])
    assert [gpu.driver for gpu in gpus] == ["572.60", "572.60"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24564", (24564, False)),
        ("24564 MiB", (24564, False)),
        ("[N/A]", (None, True)),
        ("[Not Supported]", (None, True)),
        ("0", (None, None)),
        ("0 MiB", (None, None)),
        ("[Insufficient Permissions]", (None, None)),
        ("[Unknown Error]", (None, None)),
        ("ERR!", (None, None)),
        ("NaN", (None, None)),
        ("-1", (None, None)),
        ("9" * 10000, (None, None)),
        (None, (None, None)),
    ],
)
def test_memory(text, expected):
    assert memory(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("590.48.01", "590.48.01"),
        ("418.43\n", "418.43"),
        ("N/A", None),
        ("590", None),
        ("1.2.3.4.5", None),
        (None, None),
    ],
)
def test_version(text, expected):
    assert version(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8.6", "8.6"), ("12.0", "12.0"), ("N/A", None), ("0.0", None), ("\u0661.\u0662", None)],
)
def test_short_version(text, expected):
    assert short_version(text) == expected


def test_a_comma_in_a_name_stays_in_the_name():
    (gpu,) = nvidia_smi.parse_query("0, NVIDIA A, B, 00000000:01:00.0, 100, 590.48, 9.0\n")
    assert (gpu.name, gpu.address, gpu.compute_capability) == ("NVIDIA A, B", "0000:01:00.0", "9.0")


def test_noise_and_broken_rows_are_no_gpus():
    text = (
        "Warning: infoROM is corrupted at gpu 0000:01:00.0\n"
        "0, NVIDIA A, 00000000:01:00.0, 100, 590.48, 9.0\n"
        "1, [Unknown Error], 00000000:02:00.0, 100, 590.48, 9.0\n"
        "2, NVIDIA A, 00000000:03:00.0\n"
        "x, NVIDIA A, 00000000:04:00.0, 100, 590.48, 9.0\n\n"
    )
    assert [gpu.address for gpu in nvidia_smi.parse_query(text)] == ["0000:01:00.0"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (UNREACHABLE, "driver-unreachable"),
        (UNREACHABLE.replace("'", "\u2019"), "driver-unreachable"),
        (MISMATCH, "driver-library-mismatch"),
        ("Failed to initialize NVML: Driver Not Loaded", "driver-unreachable"),
        ("Failed to initialize NVML: Insufficient Permissions", "no-permission"),
        ("Failed to initialize NVML: GPU access blocked by the operating system", "blocked"),
        ("Failed to initialize NVML: Unknown Error", "nvml-failed"),
        ("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", "library-missing"),
        ("NVIDIA-SMI couldn\u2019t find libnvidia-ml.so library in your system.", "library-missing"),
        ("No devices were found", "no-devices"),
    ],
)
def test_problems(text, status):
    problem = nvidia_smi.parse_problem(text)
    assert problem.status == status and problem.why and problem.hint


def test_a_mismatch_tells_the_version_of_the_libraries():
    assert "570.124" in nvidia_smi.parse_problem(MISMATCH).why


def test_other_text_is_no_problem():
    assert nvidia_smi.parse_problem("0, NVIDIA A, 00000000:01:00.0, 100, 590.48, 9.0") is None


def test_gpus_that_cannot_be_opened():
    text = (
        "Unable to determine the device handle for GPU0: 0000:C1:00.0: Unknown Error\n"
        "Unable to determine the device handle for GPU 00000000:0B:00.0: GPU is lost.  Reboot the system\n"
    )
    assert nvidia_smi.parse_failed(text) == {
        "0000:c1:00.0": "Unknown Error",
        "0000:0b:00.0": "GPU is lost. Reboot the system",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.199.02  Thu May 11 11:46:56 UTC 2023\n", "470.199.02"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  525.60.11  Release Build  (a@b)\n", "525.60.11"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.95.05  Release Build\n", "580.95.05"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  555.58", "555.58"),
        ("GCC version:  gcc version 12.2.0 (GCC)", None),
        ("", None),
    ],
)  # fmt: skip
def test_version_file(text, expected):
    assert nvidia.parse_version(text) == expected


def test_model_of_the_information_file():
    assert nvidia.parse_model("Model:           GeForce GTX 650\nIRQ:             44\n") == "GeForce GTX 650"
    assert nvidia.parse_model("Model: \t\t Unknown\n") is None


# Hostile XML.

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)).replace("&a0;", "&a;")
    + "]><nvidia_smi_log><gpu id='00000000:01:00.0'><product_name>&a11;</product_name></gpu></nvidia_smi_log>"
)


def test_entities_are_refused():
    start = time.monotonic()
    assert nvidia_xml.parse_xml(BOMB) == []
    outside = BOMB.split("<!ENTITY a ")[0] + '<!ENTITY x SYSTEM "file:///etc/passwd">]><nvidia_smi_log/>'
    assert nvidia_xml.parse_xml(outside) == []
    assert time.monotonic() - start < 1


def test_a_harmless_entity_is_refused_too():
    head = '<!DOCTYPE nvidia_smi_log [<!ENTITY a "NVIDIA">]>'
    gpu = "<gpu id='00000000:01:00.0'><product_name>&a;</product_name></gpu>"
    assert nvidia_xml.parse_xml(f'<?xml version="1.0"?>{head}<nvidia_smi_log>{gpu}</nvidia_smi_log>') == []


def test_deep_nesting_is_refused():
    whole = "<nvidia_smi_log><gpu id='00000000:01:00.0'><product_name>NVIDIA</product_name></gpu>"
    assert len(nvidia_xml.parse_xml(whole)) == 1
    assert nvidia_xml.parse_xml(whole + "<gpu>" * 500_000) == []


def test_a_document_over_the_limit_is_refused():
    assert nvidia_xml.parse_xml(xml("tesla-t4") + " " * nvidia_xml.TEXT_LIMIT) == []


def test_gpus_before_the_end_of_a_cut_document_are_kept():
    text = xml("tesla-t4")
    both = text.replace("</nvidia_smi_log>", "<gpu id='00000000:02:00.0'><product_name>cut")
    assert [gpu.name for gpu in nvidia_xml.parse_xml("a warning\n" + both)] == ["Tesla T4"]


def test_at_most_64_gpus_and_200_characters():
    one = "<gpu id='00000000:01:00.0'><product_name>" + "x" * 5000 + "</product_name></gpu>"
    gpus = nvidia_xml.parse_xml("<nvidia_smi_log>" + one * 200 + "</nvidia_smi_log>")
    assert len(gpus) == 64 and len(gpus[0].name) == 200
    rows = "".join(f"{n}, NVIDIA, 00000000:{n:02x}:00.0, 1, 590.48, 9.0\n" for n in range(200))
    assert len(nvidia_smi.parse_query(rows)) == 64


PARSERS = [
    nvidia_smi.parse_query,
    nvidia_smi.parse_problem,
    nvidia_smi.parse_failed,
    nvidia_xml.parse_xml,
    nvidia.parse_version,
    nvidia.parse_model,
    version,
    short_version,
    memory,
]


@pytest.mark.parametrize("parse", PARSERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        ", " * 5_000_000,
        "\n" * 5_000_000,
        "NVRM version: " + "Kernel Module " * 700_000,
        "Unable to determine the device handle for GPU " * 200_000,
        "<nvidia_smi_log>" + "<a>b</a>" * 1_000_000,
        "\0\x1b[31m\ud800" * 1000,
    ],
    ids=["long", "commas", "lines", "module", "handles", "xml", "control"],
)
def test_large_input_takes_bounded_time(parse, text):
    start = time.monotonic()
    parse(text)
    assert time.monotonic() - start < 2


@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("utf-8", "replace"))))
def test_any_text(text):
    for parse in PARSERS:
        parse(text)
    nvidia_xml.parse_xml("<nvidia_smi_log><gpu>" + text)


PIECES = st.sampled_from(
    ["nvidia_smi_log", "gpu", "pci", "mig_devices", "mig_device", "fb_memory_usage", "total", "x"]
)


@given(st.lists(st.tuples(PIECES, st.booleans(), st.text("09.N/A MiB", max_size=8)), max_size=40))
def test_any_elements(pieces):
    text = "".join(f"<{'' if opens else '/'}{name}>{words}" for name, opens, words in pieces)
    for gpu in nvidia_xml.parse_xml("<nvidia_smi_log>" + text):
        assert gpu.memory_mib is None or gpu.memory_mib > 0


@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.text(), st.text(), st.text()), max_size=5))
def test_any_row(rows):
    for gpu in nvidia_smi.parse_query("\n".join(", ".join(row) for row in rows)):
        assert gpu.memory_mib is None or gpu.memory_mib > 0
        assert gpu.name is None or (gpu.name.isprintable() and len(gpu.name) <= 200)


def test_completed_merges_by_address_not_by_position():
    first = [Gpu(address="0000:02:00.0", compute_capability="9.0"), Gpu(address="0000:01:00.0")]
    second = [Gpu(address="0000:01:00.0", cuda="12.2"), Gpu(address="0000:02:00.0", cuda="13.0")]
    assert [gpu.cuda for gpu in completed(first, second)] == ["13.0", "12.2"]


# detect()


def test_nothing_at_all():
    for platform in ("linux", "darwin", "windows", "freebsd"):
        found = nvidia.detect(Fixed(platform=platform))
        assert found.to_dict() == {
            "machine": {},
            "accelerators": [],
            "targets": [],
            "facts": {},
            "diagnostics": [],
        }


def test_no_vendor_program_runs_without_a_sign():
    asked = []

    class Watching(Fixed):
        def run(self, argv, timeout=2.0):
            asked.append(argv[0])
            return super().run(argv, timeout)

    nvidia.detect(Watching())
    nvidia.detect(Watching(platform="darwin"))
    assert "nvidia-smi" not in asked


def test_a_working_machine():
    csv = "0, NVIDIA GeForce RTX 3080, 00000000:0C:00.0, 10240, 595.58.03, 8.6\n"
    reader = linux(
        card("0000:0c:00.0", device="0x2206"),
        files=loaded("595.58.03"),
        commands={CSV: csv, XML: xml("rtx-3080-v13")},
    )
    found = nvidia.detect(reader)
    assert found.accelerators == [
        {
            "vendor": "nvidia",
            "kind": "gpu",
            "model": "NVIDIA GeForce RTX 3080",
            "address": "0000:0c:00.0",
            "memory_mib": 10240,
            "unified_memory": False,
            "driver": "595.58.03",
            "cuda": "13.2",
            "compute_capability": "8.6",
            "arch": "Ampere",
            "pci_id": "10de:2206",
            "present": True,
            "usable": True,
            "why_not": None,
        }
    ]
    assert found.facts == {
        "gpu.vendor": "nvidia",
        "gpu.compute_capability": "8.6",
        "gpu.driver": "595.58.03",
        "gpu.memory_mib": 10240,
        "cuda.driver_version": "13.2",
    }
    assert found.diagnostics == [] and found.targets == []


def test_a_capture_gives_the_same_answer_again(tmp_path):
    csv = "0, NVIDIA A100-SXM4-80GB, 00000000:01:00.0, 81920, 535.54.03, 8.0\n"
    machine = linux(card(), files=loaded(), commands={CSV: csv, XML: xml("a100-sxm4-v12")})
    capture = Capture(machine)
    found = nvidia.detect(capture).to_dict()
    capture.write(str(tmp_path / "capture"), {"os": "linux"})
    assert nvidia.detect(Replay(str(tmp_path / "capture"))).to_dict() == found


def test_nothing_personal_is_kept():
    reader = linux(files=loaded(), commands={XML: xml("tesla-t4").replace("MASKED", "SERIAL7")})
    assert "SERIAL7" not in repr(nvidia.detect(reader).to_dict())


def test_an_old_driver_without_compute_cap_answers_by_xml():
    refusal = failed('Field "compute_cap" is not a valid field to query.\n\n', 2)
    found = nvidia.detect(linux(files=loaded("418.43"), commands={CSV: refusal, XML: xml("gtx-1660-ti")}))
    (gpu,) = found.accelerators
    assert (gpu["memory_mib"], gpu["usable"], gpu["cuda"]) == (5912, True, "10.1")
    assert "compute_capability" not in gpu and "gpu.compute_capability" not in found.facts


def test_present_without_a_driver():
    (gpu,) = nvidia.detect(linux(card(driver=None), nodes=False)).accelerators
    assert (gpu["present"], gpu["usable"], gpu["why_not"]) == (True, False, "no NVIDIA driver is loaded")
    assert (gpu["memory_mib"], gpu["model"], gpu["driver"]) == (None, None, None)


@pytest.mark.parametrize(("driver", "words"), [("nouveau", "nouveau"), ("vfio-pci", "virtual machine")])
def test_held_by_another_driver(driver, words):
    (gpu,) = nvidia.detect(linux(card(driver=driver), nodes=False)).accelerators
    assert gpu["usable"] is False and words in gpu["why_not"]


def test_recording_of_a_laptop_whose_nvidia_smi_did_not_work():
    text = (DATA / "pci/lspci-Dnn-hybrid-nvidia-amd.txt").read_text()
    found = nvidia.detect(Fixed(commands={("lspci", "-Dnn"): text, CSV: failed(UNREACHABLE)}))
    (gpu,) = found.accelerators
    assert (gpu["address"], gpu["pci_id"], gpu["usable"]) == ("0000:01:00.0", "10de:25a0", False)


def test_ghw_snapshot_of_a_p100_in_a_virtual_machine_quoted():
    # 0000:06:00.0 of linux-amd64-accel-nvidia (jaypipes/ghw, Apache-2.0), beside a virtio display at 0000:04:00.0.
    other = {"vendor": "0x1af4", "device": "0x1050", "class": "0x030000"}
    files = {f"/sys/bus/pci/devices/0000:04:00.0/{name}": value for name, value in other.items()}
    found = nvidia.detect(
        linux(card("0000:06:00.0", device="0x15f8", klass="0x030200"), files=files, nodes=False)
    )
    (gpu,) = found.accelerators
    assert (gpu["address"], gpu["pci_id"], gpu["memory_mib"]) == ("0000:06:00.0", "10de:15f8", None)


def test_the_audio_function_of_a_card_is_no_gpu():
    found = nvidia.detect(linux(card(), card("0000:01:00.1", klass="0x040300", driver="snd_hda_intel")))
    assert [gpu["address"] for gpu in found.accelerators] == ["0000:01:00.0"]


def test_a_3d_controller_is_a_gpu():
    assert len(nvidia.detect(linux(card(klass="0x030200"))).accelerators) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MISMATCH, "570.124"),
        ("Failed to initialize NVML: Insufficient Permissions\n", "permission"),
        ("Failed to initialize NVML: Unknown Error\n", "does not start"),
        (UNREACHABLE, "cannot reach"),
    ],
)
def test_a_driver_that_does_not_answer(text, words):
    found = nvidia.detect(linux(card(), files=loaded(), commands={CSV: failed(text)}))
    (gpu,) = found.accelerators
    assert gpu["usable"] is False and words in gpu["why_not"] and gpu["driver"] == "590.48.01"
    assert found.diagnostics[0]["hint"] and words in found.diagnostics[0]["message"]
    assert found.facts["gpu.vendor"] == "nvidia" and "gpu.memory_mib" not in found.facts


def test_an_unreachable_driver_says_nothing_about_the_number_of_gpus():
    found = nvidia.detect(Fixed(platform="windows", commands={CSV: failed(UNREACHABLE)}))
    assert found.accelerators == [] and found.facts == {}
    assert "cannot reach" in found.diagnostics[0]["message"]


def test_a_slow_program_leaves_use_unknown():
    slow = Completed(CSV, None, "", "", "timed out")
    found = nvidia.detect(linux(card(), files=loaded(), commands={CSV: slow, XML: xml("tesla-t4")}))
    (gpu,) = found.accelerators
    assert gpu["usable"] is None and "in time" in gpu["why_not"] and found.diagnostics


def test_a_program_that_says_nothing_known_leaves_use_unknown():
    found = nvidia.detect(linux(card(), files=loaded(), commands={CSV: "?", XML: "?"}))
    assert found.accelerators[0]["usable"] is None and found.diagnostics


def test_a_loaded_driver_without_the_program():
    files = {**loaded(), "/proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA T4\n"}
    (gpu,) = nvidia.detect(linux(card(), files=files)).accelerators
    assert (gpu["usable"], gpu["model"]) == (None, "NVIDIA T4")


def test_a_container_without_device_nodes():
    (gpu,) = nvidia.detect(linux(card(), files=loaded(), nodes=False)).accelerators
    assert gpu["usable"] is False and "/dev/nvidiactl" in gpu["why_not"]


def test_cuda_needs_the_uvm_node():
    csv = "0, NVIDIA A, 00000000:01:00.0, 100, 590.48.01, 9.0\n"
    files = {**loaded(), "/dev/nvidiactl": ""}
    (gpu,) = nvidia.detect(linux(card(), files=files, nodes=False, commands={CSV: csv})).accelerators
    assert gpu["usable"] is None and "nvidia-uvm" in gpu["why_not"]


def test_a_gpu_that_the_driver_does_not_list():
    csv = "0, NVIDIA A, 00000000:01:00.0, 100, 590.48.01, 9.0\n"
    reader = linux(card(), card("0000:02:00.0"), files=loaded(), commands={CSV: csv})
    first, second = nvidia.detect(reader).accelerators
    assert (first["usable"], second["usable"]) == (True, False)
    assert second["memory_mib"] is None and "does not list" in second["why_not"]


def test_a_lost_gpu_beside_a_working_one():
    csv = (
        "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot\n"
        "0, NVIDIA A, 00000000:01:00.0, 100, 590.48.01, 9.0\n"
    )
    for cards in ((card(), card("0000:02:00.0")), ()):
        found = nvidia.detect(linux(*cards, files=loaded(), commands={CSV: failed(csv, 15)}))
        first, second = found.accelerators
        assert first["usable"] is True and second["address"] == "0000:02:00.0"
        assert second["usable"] is False and "GPU is lost" in second["why_not"]


def test_two_gpus_and_the_facts_of_the_larger():
    csv = (
        "0, NVIDIA Small, 00000000:01:00.0, 4096, 590.48.01, 6.1\n"
        "1, NVIDIA Large, 00000000:02:00.0, 24564, 590.48.01, 8.9\n"
    )
    reader = linux(card(), card("0000:02:00.0"), files=loaded(), commands={CSV: csv})
    found = nvidia.detect(reader)
    assert [gpu["address"] for gpu in found.accelerators] == ["0000:01:00.0", "0000:02:00.0"]
    assert (found.facts["gpu.memory_mib"], found.facts["gpu.compute_capability"]) == (24564, "8.9")


def test_facts_prefer_a_usable_gpu():
    csv = "0, NVIDIA Small, 00000000:02:00.0, 4096, 590.48.01, 6.1\n"
    found = nvidia.detect(linux(card(), card("0000:02:00.0"), files=loaded(), commands={CSV: csv}))
    assert found.facts["gpu.compute_capability"] == "6.1"


def test_gb10_has_unified_memory():
    csv = "0, NVIDIA GB10, 0000000F:01:00.0, [N/A], 580.95.05, 12.1\n"
    found = nvidia.detect(linux(card("000f:01:00.0"), files=loaded("580.95.05"), commands={CSV: csv}))
    (gpu,) = found.accelerators
    assert (gpu["address"], gpu["memory_mib"], gpu["unified_memory"]) == ("000f:01:00.0", None, True)
    assert gpu["usable"] is True and "gpu.memory_mib" not in found.facts


def test_mig_gives_the_memory_of_its_largest_device():
    csv = "0, NVIDIA A100-SXM4-80GB, 00000000:01:00.0, 81920, 535.54.03, 8.0\n"
    reader = linux(files=loaded("535.54.03"), commands={CSV: csv, XML: xml("a100-sxm4-v12")})
    found = nvidia.detect(reader)
    (gpu,) = found.accelerators
    assert gpu["mig"] == {"enabled": True, "memory_mib": [19968] * 4} and gpu["usable"] is True
    assert gpu["memory_mib"] == 81920 and found.facts["gpu.memory_mib"] == 19968


def test_mig_without_devices_cannot_be_used_by_construction():
    text = xml("a100-sxm4-v12")
    text = text[: text.index("<mig_devices>")] + text[text.index("</mig_devices>") + len("</mig_devices>") :]
    found = nvidia.detect(linux(files=loaded("535.54.03"), commands={XML: text, CSV: ""}))
    (gpu,) = found.accelerators
    assert gpu["usable"] is False and "MIG" in gpu["why_not"] and "gpu.memory_mib" not in found.facts


def test_facts_prefer_a_smaller_gpu_to_mig_without_devices_by_construction():
    text = xml("a100-sxm4-v12")
    text = text[: text.index("<mig_devices>")] + text[text.index("</mig_devices>") + len("</mig_devices>") :]
    csv = (
        "0, NVIDIA A100-SXM4-80GB, 00000000:01:00.0, 81920, 535.54.03, 8.0\n"
        "1, NVIDIA Small, 00000000:02:00.0, 4096, 535.54.03, 6.1\n"
    )
    found = nvidia.detect(linux(files=loaded(), commands={CSV: csv, XML: text}))
    assert [gpu["usable"] for gpu in found.accelerators] == [False, True]
    assert found.facts["gpu.memory_mib"] == 4096


def test_hidden_memory_of_a_mig_parent_is_not_unified_memory_by_construction():
    csv = "0, NVIDIA A100-SXM4-80GB, 00000000:01:00.0, [N/A], 535.54.03, 8.0\n"
    text = xml("a100-sxm4-v12").replace("<total>81920 MiB</total>", "<total>N/A</total>")
    for rows in (csv, ""):
        (gpu,) = nvidia.detect(linux(files=loaded(), commands={CSV: rows, XML: text})).accelerators
        assert (gpu["memory_mib"], gpu["unified_memory"]) == (None, None)


def test_wsl_has_no_bus_and_a_path_of_its_own():
    program = "/usr/lib/wsl/lib/nvidia-smi"
    csv = (
        "0, NVIDIA GeForce RTX 3080, 00000000:01:00.0, 10240, 572.60, 8.6\n"
        "1, NVIDIA GeForce RTX 2080, 00000000:02:00.0, 8192, 572.60, 7.5\n"
    )
    reader = Fixed({"/dev/dxg": "", program: ""}, {(program, *nvidia_smi.QUERY): csv})
    gpus = nvidia.detect(reader).accelerators
    assert [(gpu["usable"], gpu["driver"]) for gpu in gpus] == [(True, "572.60")] * 2


def test_wsl_with_a_gpu_of_another_vendor():
    assert nvidia.detect(Fixed({"/dev/dxg": ""})).to_dict()["accelerators"] == []


def test_wsl_that_blocks_the_gpu():
    text = (
        "Failed to initialize NVML: GPU access blocked by the operating system\n"
        "Failed to properly shut down NVML: GPU access blocked by the operating system\n"
    )
    found = nvidia.detect(Fixed({"/dev/dxg": ""}, {CSV: failed(text)}))
    assert found.accelerators == [] and "blocks" in found.diagnostics[0]["message"]


def test_windows():
    csv = "0, NVIDIA GeForce RTX 2080 SUPER, 00000000:0C:00.0, 8192, 591.86, 7.5\r\n"
    (gpu,) = nvidia.detect(Fixed(platform="windows", commands={CSV: csv})).accelerators
    assert (gpu["driver"], gpu["usable"], gpu["compute_capability"]) == ("591.86", True, "7.5")


def test_windows_with_the_program_outside_of_the_path():
    program = nvidia_smi.WINDOWS_PROGRAM
    csv = "0, Quadro P400, 00000000:01:00.0, 2048, 418.43, 6.1\r\n"
    reader = Fixed({program: ""}, {(program, *nvidia_smi.QUERY): csv}, platform="windows")
    assert len(nvidia.detect(reader).accelerators) == 1


def test_hidden_by_the_environment():
    csv = "0, NVIDIA A, 00000000:01:00.0, 100, 590.48.01, 9.0\n"
    reader = linux(files=loaded(), commands={CSV: csv}, environ={"CUDA_VISIBLE_DEVICES": ""})
    found = nvidia.detect(reader)
    assert "CUDA_VISIBLE_DEVICES" in found.diagnostics[0]["message"]


def test_the_gpu_of_a_jetson_is_left_to_its_own_detector():
    files = {**loaded("540.4.0"), "/proc/device-tree/compatible": "nvidia,p3767-0000\0nvidia,tegra234\0"}
    csv = "0, Orin (nvgpu), [N/A], [N/A], 540.4.0, 8.7\n"
    found = nvidia.detect(linux(files=files, commands={CSV: csv}))
    assert found.accelerators == [] and found.facts == {} and found.diagnostics == []


def test_a_card_in_a_jetson():
    files = {**loaded("540.4.0"), "/proc/device-tree/compatible": "nvidia,p3701-0000\0nvidia,tegra234\0"}
    csv = "0, Orin (nvgpu), [N/A], [N/A], 540.4.0, 8.7\n1, NVIDIA RTX A6000, 00000005:09:00.0, 49140, 540.4.0, 8.6\n"
    found = nvidia.detect(linux(card("0005:09:00.0"), files=files, commands={CSV: csv}))
    assert [gpu["address"] for gpu in found.accelerators] == ["0005:09:00.0"]


def test_two_versions_of_the_driver_side_by_side():
    # An old nvidia-smi in a snap refuses compute_cap although the driver would know it.
    refusal = failed('Field "compute_cap" is not a valid field to query.\n\n', 2)
    reader = linux(
        card("0000:00:1e.0"), files=loaded("580.95.05"), commands={CSV: refusal, XML: xml("tesla-t4")}
    )
    (gpu,) = nvidia.detect(reader).accelerators
    assert gpu["usable"] is True and "compute_capability" not in gpu


@given(st.text(), st.text())
def test_detect_with_any_output(csv, log):
    found = nvidia.detect(linux(card(), files=loaded(), commands={CSV: csv, XML: log}))
    assert 1 <= len(found.accelerators) <= 64
    assert all(gpu["memory_mib"] is None or gpu["memory_mib"] > 0 for gpu in found.accelerators)


# NVML


class NotSupported(Exception):
    pass


class NotFound(Exception):
    pass


NotSupported.__name__ = "NVMLError_NotSupported"
NotFound.__name__ = "NVMLError_NotFound"


def library(memory_bytes=85899345920, slices=None, fail=False):
    def refuse(*_):
        raise NotSupported

    module = types.ModuleType("pynvml")
    module.nvmlInit = refuse if fail else lambda: None
    module.nvmlShutdown = lambda: None
    module.nvmlSystemGetCudaDriverVersion_v2 = lambda: 12020
    module.nvmlSystemGetDriverVersion = lambda: b"535.54.03"
    module.nvmlDeviceGetCount = lambda: 1
    module.nvmlDeviceGetHandleByIndex = lambda index: "gpu"
    module.nvmlDeviceGetName = lambda handle: "NVIDIA A100-SXM4-80GB"
    module.nvmlDeviceGetPciInfo = lambda handle: types.SimpleNamespace(busId=b"00000000:01:00.0")
    module.nvmlDeviceGetCudaComputeCapability = lambda handle: (8, 0)
    module.nvmlDeviceGetMigMode = (lambda handle: (1, 1)) if slices is not None else refuse
    module.nvmlDeviceGetMaxMigDeviceCount = lambda handle: 7

    def mig_device(handle, index):
        if index in (slices or {}):
            return slices[index]
        raise NotFound if slices is not None and "error" not in slices else NotSupported

    module.nvmlDeviceGetMigDeviceHandleByIndex = mig_device

    def info(handle):
        size = memory_bytes if handle == "gpu" else handle
        if size is None:
            raise NotSupported
        return types.SimpleNamespace(total=size)

    module.nvmlDeviceGetMemoryInfo = info
    return module


def test_nvml(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library())
    (gpu,) = nvidia_nvml.gpus(Live())
    assert gpu == Gpu(
        "NVIDIA A100-SXM4-80GB", "0000:01:00.0", 81920, False, "535.54.03", "8.0", "12.2", mig=None
    )  # fmt: skip


def test_nvml_with_mig(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library(slices={0: 5 * 1024**3, 3: 10 * 1024**3}))
    (gpu,) = nvidia_nvml.gpus(Live())
    assert (gpu.mig, gpu.mig_memory_mib) == (True, (5120, 10240))


@pytest.mark.parametrize(("slices", "expected"), [({}, ()), ({"error": 1}, None)], ids=["none", "hidden"])
def test_nvml_with_mig_and_no_device(monkeypatch, slices, expected):
    monkeypatch.setitem(sys.modules, "pynvml", library(slices=slices))
    (gpu,) = nvidia_nvml.gpus(Live())
    assert (gpu.mig, gpu.mig_memory_mib) == (True, expected)


def test_nvml_with_unified_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library(None))
    (gpu,) = nvidia_nvml.gpus(Live())
    assert (gpu.memory_mib, gpu.unified) == (None, True)
    monkeypatch.setitem(sys.modules, "pynvml", library(None, slices={0: 5 * 1024**3}))
    (gpu,) = nvidia_nvml.gpus(Live())
    assert (gpu.memory_mib, gpu.unified) == (None, None)


@pytest.mark.parametrize(
    "module", [None, library(fail=True), types.ModuleType("pynvml")], ids=["none", "fails", "empty"]
)
def test_nvml_that_does_not_answer(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert nvidia_nvml.gpus(Live()) == []


def test_nvml_that_hangs(monkeypatch):
    module = library()
    module.nvmlInit = lambda: time.sleep(1)
    monkeypatch.setattr(nvidia_nvml, "TIMEOUT_S", 0.05)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert nvidia_nvml.gpus(Live()) == []


def test_nvml_is_not_asked_about_a_recording(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", library())
    assert nvidia_nvml.gpus(Fixed()) == []


def test_nvml_first_then_the_program(monkeypatch):
    monkeypatch.setattr(nvidia_nvml, "gpus", lambda reader: [Gpu("NVIDIA A", "0000:01:00.0", 100, False)])
    (gpu,) = nvidia.detect(
        linux(files=loaded(), commands={CSV: "0, B, 00000000:02:00.0, 1, 590.48, 9.0"})
    ).accelerators
    assert (gpu["model"], gpu["driver"]) == ("NVIDIA A", "590.48.01")
