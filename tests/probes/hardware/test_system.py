"""System, container, WSL, C library, interpreter: recordings and each trap of the sources."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.machine.free import free_facts
from probes import process
from probes.hardware import system
from probes.reader import PROCESS, Completed, Fixed, Live

DATA = Path(__file__).parents[2] / "data" / "hardware" / "system"
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n# VERSION_ID=13\nID=debian\n'
TOLD = {
    "python": "3.11.7",
    "implementation": "cpython",
    "bits": 64,
    "machine": "x86_64",
    "libc": "glibc 2.36",
    "cpus": 2,
    "cpus_total": 2,
}


def recorded(name: str) -> str:
    """The text of a recording."""
    return (DATA / name).read_text()


def told(**more: object) -> dict[tuple[str, ...], object]:
    """The commands of a machine that tells this process so."""
    return {PROCESS: json.dumps({**TOLD, **more})}


@pytest.mark.parametrize(
    ("name", "path", "answer"),
    [
        ("docker-1.0.0.txt", "/proc/1/cgroup", True),
        ("docker-1.0.0.txt", "/proc/self/cgroup", True),
        ("heroku.txt", "/proc/self/cgroup", True),
        ("docker-24.0.2.txt", "/proc/self/mountinfo", True),
        ("ubuntu-14.04-no-container.txt", "/proc/self/cgroup", None),
    ],
)
def test_recorded_containers(name: str, path: str, answer: bool | None) -> None:
    found = system.detect(Fixed({path: recorded(name)}))
    assert found.machine.get("container") is answer and found.facts.get("container") is answer


def test_a_recorded_host_in_the_first_namespaces_is_no_container() -> None:
    files = {"/proc/1/cgroup": recorded("ubuntu-14.04-no-container.txt")}
    found = system.detect(Fixed(files, links=system.INITIAL_NAMESPACES))
    assert found.machine["container"] is False and found.facts["container"] is False


def test_recorded_wsl() -> None:
    found = system.detect(Fixed({"/proc/version": recorded("proc-version-5.15.90.1.txt")}))
    assert found.machine["wsl"] is True and found.facts["wsl"] is True


@pytest.mark.parametrize(
    ("release", "answer"),
    [
        ("5.15.90.1-microsoft-standard-WSL2", True),
        ("4.4.0-19041-Microsoft", True),
        ("6.8.0-45-generic", False),
        ("6.8.0-1017-azure", False),
    ],
)
def test_wsl_by_the_kernel(release: str, answer: bool) -> None:
    assert system.detect(Fixed({"/proc/sys/kernel/osrelease": release + "\n"})).facts["wsl"] is answer


def test_a_container_in_wsl_is_both() -> None:
    files = {"/proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n", "/.dockerenv": ""}
    facts = system.detect(Fixed(files)).facts
    assert facts["wsl"] is True and facts["container"] is True


def test_wsl_alone_is_no_container() -> None:
    files = {"/run/systemd/container": "wsl\n", "/proc/1/cgroup": "0::/init.scope\n"}
    found = system.detect(Fixed(files, {}, {"WSL_INTEROP": "/run/WSL/8_interop"}))
    assert found.facts["wsl"] is True and "container" not in found.facts


@pytest.mark.parametrize(
    "files",
    [
        {"/.dockerenv": ""},
        {"/run/.containerenv": ""},
        {"/run/systemd/container": "lxc\n"},
        {"/proc/1/cgroup": "4:memory:/kubepods/burstable/pod12/3cc\n"},
        {"/proc/1/cgroup": "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + "a" * 64 + ".scope\n"},
        {"/proc/1/cgroup": "0::/system.slice/docker-" + "0af" * 21 + "1.scope\n"},
        {"/proc/1/cgroup": "0::/machine.slice/libpod-" + "a" * 64 + ".scope/container\n"},
        {"/proc/1/cgroup": "1:name=systemd:/ecs/0123/abc\n"},
        {
            "/proc/self/mountinfo": "9 8 0:1 /var/lib/kubelet/pods/1/etc-hosts /etc/hosts rw - ext4 /dev/a rw\n"
        },
    ],
)
def test_marks_of_containers(files: dict[str, str]) -> None:
    assert system.detect(Fixed(files, links=system.INITIAL_NAMESPACES)).facts["container"] is True


def test_kubernetes_is_a_container() -> None:
    assert system.detect(Fixed({}, {}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"})).facts["container"] is True


@pytest.mark.parametrize(
    "files",
    [
        # Inside a container of version 2 the path is that of the namespace.
        {"/proc/1/cgroup": "0::/\n"},
        {"/proc/1/cgroup": "0::/system.slice/docker.service\n"},
        {"/proc/self/mountinfo": "9 8 0:1 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw\n"},
        {},
    ],
)
def test_what_proves_nothing(files: dict[str, str]) -> None:
    assert "container" not in system.detect(Fixed(files)).facts


def test_a_linux_machine() -> None:
    files = {
        "/etc/os-release": DEBIAN,
        "/proc/sys/kernel/osrelease": "6.1.0-13-amd64\n",
        "/proc/1/cgroup": "0::/init.scope\n",
    }
    found = system.detect(Fixed(files, told(), links=system.INITIAL_NAMESPACES))
    assert found.machine == {
        "os": "linux",
        "os_version": "debian 12",
        "arch": "x86_64",
        "libc": "glibc 2.36",
        "container": False,
        "wsl": False,
        "python": {"version": "3.11.7", "implementation": "cpython"},
    }
    assert found.facts == {
        "os": "linux",
        "arch": "x86_64",
        "libc": "glibc",
        "libc.version": "2.36",
        "container": False,
        "wsl": False,
        "python": "3.11",
    }
    assert not found.diagnostics


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ID='ubuntu'\nVERSION_ID='24.04'\n", "ubuntu 24.04"),
        ("ID=arch\nBUILD_ID=rolling\n", "arch"),
        ("garbage\0\n=\nID", None),
        ("", None),
    ],
)
def test_distributions(text: str, answer: str | None) -> None:
    assert system.detect(Fixed({"/etc/os-release": text})).machine.get("os_version") == answer
    assert system.detect(Fixed({"/usr/lib/os-release": text})).machine.get("os_version") == answer


def test_by_construction_macos() -> None:
    commands = {("/usr/bin/sw_vers", "-productVersion"): "14.5\n", **told(machine="arm64", libc=None)}
    machine = system.detect(Fixed({}, commands, platform="darwin")).machine
    assert (machine["os"], machine["os_version"], machine["arch"], machine["wsl"]) == (
        "darwin",
        "14.5",
        "arm64",
        False,
    )
    assert "libc" not in machine and "container" not in machine


def test_by_construction_windows() -> None:
    commands = told(machine="AMD64", libc=None, version="10.0.22631")
    machine = system.detect(Fixed({}, commands, platform="windows")).machine
    assert (machine["os"], machine["os_version"], machine["arch"]) == ("windows", "10.0.22631", "x86_64")
    assert (
        system.detect(Fixed({}, {}, {"PROCESSOR_ARCHITECTURE": "ARM64"}, "windows")).facts["arch"] == "arm64"
    )


@pytest.mark.parametrize(
    ("machine", "arch"),
    [("AMD64", "x86_64"), ("x86_64", "x86_64"), ("aarch64", "arm64"), ("i686", "x86"), ("armv7l", "armv7l")],
)
def test_architectures_are_normalised(machine: str, arch: str) -> None:
    assert system.architecture(Fixed({}, told(machine=machine))) == arch


def test_by_construction_a_32_bit_interpreter_on_a_64_bit_kernel_is_told() -> None:
    found = system.detect(Fixed({}, told(machine="aarch64", bits=32)))
    assert found.facts["arch"] == "arm64" and "32 bits" in found.diagnostics[0]["message"]


def test_by_construction_musl() -> None:
    loader = "/lib/ld-musl-x86_64.so.1"
    done = Completed((loader,), 1, "", "musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\n", None)
    alpine = Fixed({loader: b"", "/etc/os-release": "ID=alpine\n"}, {(loader,): done, **told(libc=None)})
    assert system.detect(alpine).machine["libc"] == "musl 1.2.4"
    assert system.detect(Fixed({loader: b""}, told(libc=None))).machine["libc"] == "musl"
    # On a machine with glibc, the loader of musl is a package beside it.
    assert system.detect(Fixed({loader: b""}, told())).machine["libc"] == "glibc 2.36"


def test_glibc_by_its_command_where_the_process_is_not_known() -> None:
    reader = Fixed({}, {("getconf", "GNU_LIBC_VERSION"): "glibc 2.39\n"})
    assert system.detect(reader).machine["libc"] == "glibc 2.39"


@pytest.mark.parametrize("name", ["linux", "darwin", "windows", "freebsd14"])
def test_an_empty_machine_has_a_system_and_no_more(name: str) -> None:
    found = system.detect(Fixed(platform=name))
    assert set(found.machine) <= {"os", "wsl"} and set(found.facts) <= {"os", "wsl"}
    assert found.machine["os"] == name and ("os" in found.facts) is (name != "freebsd14")


def test_what_this_process_is_told() -> None:
    answer = process.parse_told(process.told())
    assert answer["python"] == platform.python_version().rstrip("+")
    assert answer["implementation"] == sys.implementation.name
    assert answer["machine"] == platform.machine()
    assert platform.node() not in process.told() or len(platform.node()) < 4


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"', "[" * 100_000, '{"a": NaN}', "1" * 5000])
def test_what_is_no_object_tells_nothing(text: str) -> None:
    assert process.parse_told(text).get("python") is None


@pytest.mark.skipif(sys.platform != "linux", reason="compares with files and commands of Linux")
def test_this_machine_as_its_commands_say() -> None:
    machine = system.detect(Live()).machine
    script = '. /etc/os-release && echo "$ID $VERSION_ID"'
    if Path("/etc/os-release").exists():
        words = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        assert machine["os_version"] == words.strip()
    if shutil.which("getconf") and platform.libc_ver()[0] == "glibc":
        assert machine["libc"] == " ".join(platform.libc_ver())
    release = subprocess.run(["uname", "-r"], capture_output=True, text=True, check=True).stdout
    assert machine["wsl"] is ("microsoft" in release.lower())


def test_this_machine_as_the_free_facts_say() -> None:
    facts = system.detect(Live()).facts
    assert {name: facts[name] for name in free_facts()} == {n: f.value for n, f in free_facts().items()}


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_survived(text: str) -> None:
    for parse in (
        system.parse_os_release,
        system.parse_wsl,
        system.parse_container,
        system.parse_version,
        system.parse_musl,
        system.parse_glibc,
        process.parse_told,
    ):
        parse(text)
    raw = text.encode("utf-8", "replace")
    paths = ("/etc/os-release", "/proc/sys/kernel/osrelease", "/proc/1/cgroup", "/proc/self/mountinfo")
    commands: dict[tuple[str, ...], object] = {
        PROCESS: json.dumps(dict.fromkeys(TOLD, text)),
        ("/usr/bin/sw_vers", "-productVersion"): raw,
    }
    for name in ("linux", "darwin", "windows"):
        machine = system.detect(Fixed(dict.fromkeys(paths, raw), commands, {}, name)).machine
        assert all(len(v) <= 200 and v.isprintable() for v in machine.values() if isinstance(v, str))


@pytest.mark.parametrize(
    "text",
    ["x" * 10_000_000, "1:a:" + "/docker" * 1_000_000, "1 1 " + "/a" * 5_000_000, "0::/kubepods" * 900_000],
)
def test_huge_text_is_survived(text: str) -> None:
    system.parse_container(text)
    system.parse_os_release(text)
    system.parse_wsl(text)
