"""Frameworks as an interpreter has them: real ones where they are installed, and packages that misbehave."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probes import builds, frameworks

PROBES = Path(frameworks.__file__).parent
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals")

TORCH = """
__version__ = "9.1.0+cu128"
class version:
    cuda, hip, xpu = "12.8", None, None
class Facts:
    name, total_memory, major, minor = "NVIDIA H200", 150_110_011_392, 9, 0
class cuda:
    is_available = staticmethod(lambda: True)
    init = staticmethod(lambda: None)
    device_count = staticmethod(lambda: 2)
    get_arch_list = staticmethod(lambda: ["sm_80", "sm_90"])
    get_device_properties = staticmethod(lambda index: Facts)
class backends:
    class mps:
        is_built = staticmethod(lambda: False)
        is_available = staticmethod(lambda: False)
"""
TENSORFLOW = """
__version__ = "9.2.0"
class sysconfig:
    get_build_info = staticmethod(lambda: {
        "is_cuda_build": True, "is_rocm_build": False, "cuda_version": "12.5.1",
        "cuda_compute_capabilities": ["sm_60", "compute_90"]})
class Device:
    def __init__(self, kind): self.device_type = kind
class config:
    list_physical_devices = staticmethod(lambda: [Device("CPU"), Device("GPU"), Device("XLA_CPU")])
    class experimental:
        get_device_details = staticmethod(
            lambda device: {"device_name": "NVIDIA H200", "compute_capability": (9, 0)})
"""


@pytest.fixture
def fake(tmp_path):
    """Writes a package; its metadata too when a version is given."""

    def write(name, text, version=None):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text, encoding="utf-8")
        if version:
            info = tmp_path / f"{name}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return write


@pytest.fixture
def probe(tmp_path):
    """Runs the program as its users do; answers by alternative."""

    def run(*argv, code=0, env=None):
        done = subprocess.run(
            [sys.executable, "-B", str(PROBES), "frameworks", *argv],
            env={**os.environ, "PYTHONPATH": str(tmp_path), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        run.stderr = done.stderr
        return {line["alternative"]: line for line in lines}

    return run


KEYS = ["alternative", "interpreter", "python", "version", "build", "devices", "notes", "error"]


def test_good_ones(fake, probe):
    fake("torch", TORCH, "9.1.0+cu128")
    fake("tensorflow", TENSORFLOW)
    found = probe()
    assert list(found) == ["pytorch", "tensorflow"]
    torch, tensorflow = found.values()
    assert list(torch) == list(tensorflow) == KEYS
    assert torch["interpreter"] == sys.executable
    assert torch["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (torch["version"], torch["error"], torch["notes"]) == ("9.1.0+cu128", None, [])
    assert torch["build"] == {
        "cuda": "12.8",
        "rocm": None,
        "cpu_only": False,
        "architectures": ["sm_80", "sm_90"],
    }
    gpu = {"kind": "cuda", "name": "NVIDIA H200", "memory_mib": 143156, "compute_capability": "9.0"}
    cpu = {"kind": "cpu", "name": None, "index": 0, "memory_mib": None, "compute_capability": None}
    assert torch["devices"] == [cpu, {**gpu, "index": 0}, {**gpu, "index": 1}]
    assert tensorflow["version"] == "9.2.0"
    assert tensorflow["build"]["cuda"] == "12.5.1"
    assert tensorflow["devices"] == [cpu, {**gpu, "index": 0, "memory_mib": None}]
    assert probe.stderr == b""


def test_absent_ones_are_said_to_be_not_installed(probe, tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "notes.txt").write_text("a folder of that name is no package")
    # -I would hide PYTHONPATH as well; -S hides what this interpreter has.
    done = subprocess.run(
        [sys.executable, "-S", "-B", str(PROBES), "frameworks"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["version"], line["error"], line["build"], line["devices"]) for line in lines] == [
        (None, "not installed", None, [])
    ] * 2


def test_one_may_be_named(fake, probe):
    fake("torch", "raise SystemExit('must not be imported')")
    fake("tensorflow", TENSORFLOW)
    found = probe("tensorflow", "tensorflow")
    assert list(found) == ["tensorflow"]
    assert found["tensorflow"]["error"] is None


@POSIX
def test_a_crash_takes_nothing_else_with_it(fake, probe):
    text = "import os, sys\nprint('terminate called', file=sys.stderr, flush=True)\nos.abort()"
    fake("torch", text, "9.1.0")
    fake("tensorflow", TENSORFLOW)
    found = probe()
    assert found["pytorch"]["version"] == "9.1.0"
    assert found["pytorch"]["error"] == "ended by SIGABRT\nterminate called"
    assert found["tensorflow"]["error"] is None


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_ten_megabytes_of_chatter(fake, probe, stream):
    fake("torch", f"import sys, os\nsys.{stream}.write('x' * 10_000_000)\nos.write(1, b'{{}}')\n" + TORCH)
    found = probe("torch")["pytorch"]
    assert (found["error"], found["version"], len(found["devices"])) == (None, "9.1.0+cu128", 3)


def test_ten_megabytes_before_a_failure(fake, probe):
    fake("torch", "import os\nprint('x' * 10_000_000, flush=True)\nprint('the end', flush=True)\nos._exit(3)")
    error = probe("torch")["pytorch"]["error"]
    assert error.startswith("ended with exit status 3\n...\n")
    assert error.endswith("x\nthe end")
    assert len(error) <= frameworks.ERROR_LIMIT


@pytest.mark.parametrize(
    "hang",
    ["time.sleep(60)", "ctypes.PyDLL(None).usleep(60_000_000)"],
    ids=["sleeps", "keeps the lock"],
)
@POSIX
def test_one_that_hangs_runs_out_of_time(fake, probe, hang):
    fake("torch", f"import ctypes, time\nprint('loading', flush=True)\n{hang}", "9.1.0")
    fake("tensorflow", TENSORFLOW)
    start = time.monotonic()
    found = probe("--timeout", "0.8")
    assert time.monotonic() - start < 10
    error = found["pytorch"]["error"]
    assert error.startswith("no answer within 0.8 s\n")
    assert "torch/__init__.py" in error
    assert found["pytorch"]["version"] == "9.1.0"
    assert found["tensorflow"]["error"] is None


@POSIX
def test_a_child_of_the_framework_that_keeps_the_pipe_does_not_keep_the_answer(fake, probe):
    child = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'])\n"
    fake("torch", child + TORCH)
    start = time.monotonic()
    assert probe("torch")["pytorch"]["error"] is None
    assert time.monotonic() - start < 6


@pytest.mark.parametrize(
    "text, ends",
    [
        (
            "raise ImportError('libcudart.so.13: cannot open shared object file')",
            "cannot open shared object file",
        ),
        ("import sys\nsys.exit('no licence')", "SystemExit: no licence"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def broken(:", "invalid syntax"),
        ("raise Exception('\\x1b[31mred\\x07\\ud800' + 'y' * 100_000)", "y"),
    ],
)
def test_one_that_cannot_be_imported(fake, probe, text, ends):
    fake("torch", text, "9.1.0")
    found = probe("torch")["pytorch"]
    assert (found["version"], found["build"], found["devices"]) == ("9.1.0", None, [])
    assert found["error"].endswith(ends)
    assert len(found["error"]) <= frameworks.ERROR_LIMIT
    assert found["error"].replace("\n", "").isprintable()


def test_the_home_folder_is_not_told(fake, probe, tmp_path):
    fake("torch", "raise ImportError('x')")
    error = probe("torch", env={"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)})["pytorch"]["error"]
    assert str(tmp_path) not in error
    assert os.path.join("~", "torch", "__init__.py") in error


@pytest.mark.parametrize(
    "text", ["", "__version__ = 3\ncuda = None", "__version__ = 'x' * 10**6\nversion = 1"]
)
def test_something_else_of_that_name(fake, probe, text):
    fake("torch", text)
    fake("tensorflow", text)
    for found in probe().values():
        assert list(found) == KEYS
        assert found["version"] is None or len(found["version"]) <= 200


def test_one_that_hangs_at_its_end(fake, probe):
    fake("torch", "import atexit, time\natexit.register(time.sleep, 60)\n" + TORCH)
    start = time.monotonic()
    assert probe("torch")["pytorch"]["error"] is None
    assert time.monotonic() - start < 10


@POSIX
def test_ending_the_program_ends_what_it_started(fake, tmp_path):
    fake(
        "torch",
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(30)",
    )
    process = subprocess.Popen(
        [sys.executable, "-B", str(PROBES), "frameworks", "torch"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    )
    limit = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    child = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(
    "argv", [["jax"], ["--timeout", "0"], ["--timeout", "nan"], ["--timeout", "x"], ["--nope"]]
)
def test_wrong_arguments(probe, argv):
    assert probe(*argv, code=2) == {}
    assert probe.stderr


def test_nothing_is_written_beside_the_programs(fake, probe, tmp_path):
    fake("torch", TORCH)
    probe("torch")
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize("name", ["torch", "tensorflow"])
def test_real_ones_where_they_are_installed(name):
    # Not imported here: a framework changes the process that imports it.
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        [sys.executable, "-B", str(PROBES), "frameworks", name], capture_output=True, timeout=180
    )
    found = json.loads(done.stdout)
    assert found["error"] is None
    assert found["version"][0].isdigit()
    assert found["devices"][0]["kind"] == "cpu"
    assert isinstance(found["build"]["cpu_only"], bool)
    assert name not in sys.modules


class Named:
    """An object with the given attributes."""

    def __init__(self, **values):
        self.__dict__.update(values)


def fake_torch(**changes):
    space = {}
    exec(TORCH, space)
    space.update(changes)
    return Named(**space)


def test_rocm_has_gfx_and_no_compute_capability():
    torch = fake_torch(version=Named(cuda=None, hip="7.2.26015", xpu=None))
    torch.cuda.get_device_properties = lambda index: Named(
        name="AMD Instinct MI210",
        total_memory=68702699520,
        major=9,
        minor=0,
        gcnArchName="gfx90a:sramecc+:xnack-",
    )
    found = builds.torch_build(torch)
    assert (found["build"]["rocm"], found["build"]["cuda"]) == ("7.2.26015", None)
    device = found["devices"][1]
    assert (device["kind"], device["gfx"], device["compute_capability"]) == ("rocm", "gfx90a", None)
    assert device["memory_mib"] == 65520


def test_a_driver_that_is_too_old_is_told():
    torch = fake_torch()

    def init():
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).")

    torch.cuda.is_available, torch.cuda.init = (lambda: False), init
    found = builds.torch_build(torch)
    assert [d["kind"] for d in found["devices"]] == ["cpu"]
    assert found["build"]["cpu_only"] is False
    assert found["notes"] == [
        "cuda: RuntimeError: The NVIDIA driver on your system is too old (found version 11040)."
    ]


def test_metal_and_xpu_of_torch():
    yes = Named(is_built=lambda: True, is_available=lambda: True)
    torch = fake_torch(version=Named(cuda=None, hip=None), backends=Named(mps=yes))
    found = builds.torch_build(torch)
    assert [d["kind"] for d in found["devices"]] == ["cpu", "mps"]
    assert found["build"]["cpu_only"] is False
    xpu = Named(
        is_available=lambda: True,
        device_count=lambda: 1,
        get_device_properties=lambda index: Named(name="Intel(R) Arc(TM) B580", total_memory=12168933376),
    )
    torch = fake_torch(version=Named(cuda=None, hip=None, xpu="20250302"), xpu=xpu)
    found = builds.torch_build(torch)
    assert [(d["kind"], d["name"]) for d in found["devices"]] == [
        ("cpu", None),
        ("xpu", "Intel(R) Arc(TM) B580"),
    ]


@pytest.mark.parametrize("memory", [0, -1, 1 << 70, float("nan"), "8 GB", None])
def test_memory_that_cannot_be_is_unknown(memory):
    torch = fake_torch()
    torch.cuda.get_device_properties = lambda index: Named(
        name="x", total_memory=memory, major="9", minor=None
    )
    device = builds.torch_build(torch)["devices"][1]
    assert (device["memory_mib"], device["compute_capability"]) == (None, None)


def test_a_million_devices_are_bounded():
    torch = fake_torch()
    torch.cuda.device_count = lambda: 10**6
    assert len(builds.torch_build(torch)["devices"]) == 64


def test_tensorflow_for_the_cpu_and_with_metal(monkeypatch):
    space = {}
    exec(TENSORFLOW, space)
    tensorflow = Named(**space)
    tensorflow.sysconfig.get_build_info = lambda: {"is_cuda_build": False, "is_rocm_build": False}
    tensorflow.config.experimental.get_device_details = lambda device: {"device_name": "METAL"}
    monkeypatch.setattr(sys, "platform", "darwin")
    found = builds.tensorflow_build(tensorflow)
    assert [(d["kind"], d["name"]) for d in found["devices"]] == [("cpu", None), ("mps", "METAL")]
    assert found["build"]["cpu_only"] is False
    tensorflow.config.list_physical_devices = lambda: [tensorflow.Device("CPU")]
    assert builds.tensorflow_build(tensorflow)["build"] == {
        "cuda": None,
        "rocm": None,
        "cpu_only": True,
        "architectures": None,
    }


def test_why_tensorflow_leaves_a_gpu_alone():
    chatter = (
        "2026-01-01 00:00:00.000000: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.\n"
        "2026-01-01 00:00:00.000000: W tensorflow/core/common_runtime/gpu/gpu_device.cc:2343] Cannot dlopen some GPU "
        "libraries. Skipping registering GPU devices...\n"
    ) * 5
    assert frameworks.explanations(chatter) == [
        "Cannot dlopen some GPU libraries. Skipping registering GPU devices..."
    ]
    assert frameworks.explanations("x" * 10_000_000) == []


@pytest.mark.parametrize(
    "status, words", [(1, "exit status 1"), (0xC0000005, "0xC0000005"), (-999, "signal 999")]
)
def test_how_a_process_ended(status, words):
    assert words in frameworks.ended(status)
