"""Memory and control groups: recordings, both versions, limits above the own group, sentinels."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import cgroup, memory
from probes.reader import PROCESS, Fixed, Live

DATA = Path(__file__).parents[2] / "data" / "hardware"
MEMINFO = "MemTotal:       33554432 kB\nMemFree:        1 kB\n"
GIB = 1 << 30
SENTINEL = "9223372036854771712"
V1 = "35 31 0:32 {root} /sys/fs/cgroup/{name} rw,relatime shared:4 - cgroup cgroup rw,{name}\n"
V2 = "41 31 0:38 {root} /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"


def unpacked(name: str) -> dict[str, object]:
    """The files of a zipped recording, by absolute path."""
    with zipfile.ZipFile(DATA / "cgroup" / name) as archive:
        return {
            "/" + entry.partition("/")[2]: archive.read(entry)
            for entry in archive.namelist()
            if not entry.endswith("/")
        }


def usable(files: dict[str, object], meminfo: str = MEMINFO) -> int | None:
    """Usable memory in MiB of a machine with these files."""
    found = memory.detect(Fixed({"/proc/meminfo": meminfo, **files}))
    assert found.facts.get("memory_mib") == found.machine.get("memory_usable_mib")
    value: int | None = found.machine.get("memory_usable_mib")
    return value


@pytest.mark.parametrize(
    ("name", "mib"),
    [
        ("linux-amd64-accel-nvidia", 30601816 // 1024),
        ("linux-amd64-415ee03b8c4d1c4f07ae2e9d8b3d3d6d", 32542668 // 1024),
        ("linux-arm64-neoverse_n1", 1888980 // 1024),
    ],
)
def test_recorded_systems(name: str, mib: int) -> None:
    found = memory.detect(Fixed({"/proc/meminfo": (DATA / "cpu" / "ghw" / name / "meminfo").read_bytes()}))
    assert found.machine == {"memory_mib": mib, "memory_usable_mib": mib}
    assert found.facts == {"memory_mib": mib} and not found.diagnostics


def test_recorded_docker_host_of_version_1() -> None:
    files = unpacked("elastic-docker-v1.zip")
    files["/proc/self/cgroup"] = files["/proc/985/cgroup"]
    del files["/proc/self/mountinfo"]  # It mounts below a folder of its repository.
    reader = Fixed(files)
    groups = [folder for folder, second in cgroup.folders(reader, "memory") if not second]
    own = "b29faf21b7eff959f64b4192c34d5d67a707fe8561e9eaa608cb27693fba4242"
    assert groups == [f"/sys/fs/cgroup/memory{rest}" for rest in (f"/docker/{own}", "/docker", "")]
    assert reader.line(groups[0] + "/memory.limit_in_bytes") == SENTINEL
    assert cgroup.memory_limit(reader) is None and cgroup.cpu_quota(reader) is None
    limited = {**files, f"/sys/fs/cgroup/memory/docker/{own}/memory.limit_in_bytes": f"{2 * GIB}\n"}
    assert usable(limited) == 2048


def test_recorded_session_of_version_2() -> None:
    files = unpacked("elastic-docker2-v2.zip")
    files["/proc/self/cgroup"] = files["/proc/2233801/cgroup"]
    assert usable(files) == 32768
    scope = "/user.slice/user-1000.slice/session-520.scope"
    files["/proc/self/cgroup"] = f"0::{scope}\n"
    files["/proc/self/mountinfo"] = V2.format(root="/")
    assert (f"/sys/fs/cgroup{scope}", True) in cgroup.folders(Fixed(files), "memory")
    assert usable(files) == 32768
    files["/sys/fs/cgroup/user.slice/memory.max"] = f"{GIB}\n"
    assert usable(files) == 1024


def test_recorded_quota_of_six_processors() -> None:
    files = {
        "/proc/self/cgroup": "0::/\n",
        "/sys/fs/cgroup/cpu.max": (DATA / "cgroup" / "cpu.max-6cpus.txt").read_text(),
    }
    assert cgroup.cpu_quota(Fixed(files)) == 6.0


@pytest.mark.parametrize("place", ["/a/b/c", "/a/b", "/a", ""])
@pytest.mark.parametrize("version", [1, 2])
def test_a_limit_anywhere_above_counts(version: int, place: str) -> None:
    if version == 2:
        top, name, own, mounts, free = (
            "/sys/fs/cgroup",
            "memory.max",
            "0::/a/b/c\n",
            V2.format(root="/"),
            "max",
        )
    else:
        top, name, own = "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "4:memory:/a/b/c\n0::/\n"
        mounts, free = V1.format(root="/", name="memory"), SENTINEL
    files: dict[str, object] = {
        f"{top}{group}/{name}": f"{GIB}\n" if group == place else free + "\n"
        for group in ("", "/a", "/a/b", "/a/b/c", "/a/sibling")
    }
    files[f"{top}/a/sibling/{name}"] = "4096\n"
    files["/proc/self/cgroup"] = own
    assert usable({**files, "/proc/self/mountinfo": mounts}) == 1024
    assert usable(files) == 1024


@pytest.mark.parametrize("root", ["/docker/3fc9", "/docker"])
def test_a_container_sees_its_group_where_it_is_mounted(root: str) -> None:
    files: dict[str, object] = {
        "/proc/self/cgroup": "4:memory:/docker/3fc9\n3:cpu,cpuacct:/docker/3fc9\n",
        "/proc/self/mountinfo": V1.format(root=root, name="memory")
        + V1.format(root=root, name="cpu,cpuacct"),
    }
    inside = "" if root.endswith("3fc9") else "/3fc9"
    files[f"/sys/fs/cgroup/memory{inside}/memory.limit_in_bytes"] = f"{GIB}\n"
    files[f"/sys/fs/cgroup/cpu,cpuacct{inside}/cpu.cfs_quota_us"] = "150000\n"
    files[f"/sys/fs/cgroup/cpu,cpuacct{inside}/cpu.cfs_period_us"] = "100000\n"
    assert usable(files) == 1024
    assert cgroup.cpu_quota(Fixed(files)) == 1.5


def test_a_group_outside_the_mounted_part_is_asked_at_the_mount() -> None:
    files: dict[str, object] = {
        "/proc/self/cgroup": "0::/../other\n",
        "/proc/self/mountinfo": V2.format(root="/"),
        "/sys/fs/cgroup/memory.max": f"{GIB}\n",
        "/sys/fs/other/memory.max": "4096\n",
    }
    assert usable(files) == 1024


def test_version_1_tells_limits_that_are_not_mounted() -> None:
    files: dict[str, object] = {
        "/proc/self/cgroup": "4:memory:/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": SENTINEL,
        "/sys/fs/cgroup/memory/memory.stat": f"cache 1\nhierarchical_memory_limit {GIB}\n",
    }
    assert usable(files) == 1024


def test_both_versions_side_by_side() -> None:
    files: dict[str, object] = {
        "/proc/self/cgroup": "4:memory:/a\n1:name=systemd:/b\n0::/b\n",
        "/proc/self/mountinfo": V1.format(root="/", name="memory")
        + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{3 * GIB}\n",
        "/sys/fs/cgroup/unified/b/memory.max": f"{2 * GIB}\n",
    }
    assert usable(files) == 2048


@pytest.mark.parametrize(
    "text",
    [
        "max",
        SENTINEL,
        "9223372036854710272",  # pages of 64 KiB
        "9223372036854775807",
        "18446744073709551615",
        "1152921504606846976",
        "0",
        "-1",
        "",
        "NaN",
        "1e9",
        "9" * 10_000,
        None,
    ],
)
def test_no_limit(text: str | None) -> None:
    assert cgroup.parse_bytes(text) is None


def test_a_limit_above_the_machine_is_none_and_is_not_told() -> None:
    files: dict[str, object] = {
        "/proc/self/cgroup": "0::/\n",
        "/sys/fs/cgroup/memory.max": str(64 * GIB),
    }
    assert usable(files) == 32768
    assert not memory.detect(Fixed({"/proc/meminfo": MEMINFO, **files})).diagnostics
    files["/sys/fs/cgroup/memory.max"] = str(4 * GIB)
    told = memory.detect(Fixed({"/proc/meminfo": MEMINFO, **files})).diagnostics
    assert told[0]["message"] == "a control group limits memory to 4096 of 32768 MiB"


@pytest.mark.parametrize(
    ("quota", "period", "processors"),
    [
        ("-1", "100000", None),
        ("max", "100000", None),
        ("50000", "0", None),
        ("50000", "100000", 0.5),
        (None, None, None),
    ],
)
def test_quotas(quota: str | None, period: str | None, processors: float | None) -> None:
    assert cgroup.parse_quota(quota, period) == processors


def test_by_construction_macos_and_windows() -> None:
    mac = memory.detect(Fixed({}, {memory.SYSCTL: "68719476736\n"}, platform="darwin"))
    assert mac.machine == {"memory_mib": 65536, "memory_usable_mib": 65536}
    windows = memory.detect(Fixed({}, {PROCESS: '{"memory_bytes": 17057869824}'}, platform="windows"))
    assert windows.machine["memory_mib"] == 16267
    for wrong in ("true", '"17"', "null", "-5", "1e30", "[]"):
        reader = Fixed({}, {PROCESS: f'{{"memory_bytes": {wrong}}}'}, platform="windows")
        assert memory.detect(reader).machine == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MemTotal: 0 kB",
        "MemTotal: 1 MB",
        "MemTotal: N/A",
        "MemTotal: " + "9" * 400 + " kB",
        "MemFree: 1 kB",
    ],
)
def test_memory_that_is_not_said(text: str) -> None:
    assert memory.parse_meminfo(text) is None


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows", "freebsd14"])
def test_nothing_known_is_nothing_found(platform: str) -> None:
    assert not any(memory.detect(Fixed(platform=platform)).to_dict().values())


def test_a_limit_without_a_total_is_what_is_usable() -> None:
    files: dict[str, object] = {"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": str(GIB)}
    assert memory.detect(Fixed(files)).machine == {"memory_usable_mib": 1024}


@pytest.mark.skipif(sys.platform != "linux", reason="compares with commands of Linux")
def test_this_machine_as_its_commands_say() -> None:
    seen = memory.detect(Live()).machine
    if shutil.which("free"):
        text = subprocess.run(["free", "-m"], capture_output=True, text=True, check=True).stdout
        assert abs(seen["memory_mib"] - int(text.split("Mem:")[1].split()[0])) <= 1
    script = (
        "p=$(sed -n 's/^[0-9]*:memory:\\|^0::/\\//p' /proc/self/cgroup | head -1);"
        "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/$p/memory.max /sys/fs/cgroup/memory/$p/memory.limit_in_bytes 2>/dev/null"
    )
    words = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False).stdout.split()
    limits = [int(word) >> 20 for word in words if word.isdigit() and len(word) < 19]
    assert seen["memory_usable_mib"] <= min([seen["memory_mib"], *limits])


PATHS = st.lists(st.sampled_from(["a", "..", "", ".", "\0", "docker", "\N{SNOWMAN}"]), max_size=6).map(
    lambda parts: "/" + "/".join(parts)
)


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))), PATHS, PATHS, st.text()
)
def test_any_text_is_survived(text: str, own: str, root: str, value: str) -> None:
    cgroup.parse_own(text), cgroup.parse_mounts(text), cgroup.parse_bytes(text)
    cgroup.parse_hierarchical("hierarchical_memory_limit " + text), cgroup.parse_quota(text, value)
    memory.parse_meminfo(text), memory.parse_meminfo("MemTotal: " + text)
    files: dict[str, object] = {
        "/proc/self/cgroup": f"0::{own}\n4:memory,cpu:{own}\n{text}",
        "/proc/self/mountinfo": V2.format(root=root) + V1.format(root=root, name="memory,cpu") + text,
        "/sys/fs/cgroup/memory.max": value.encode("utf-8", "replace"),
        "/proc/meminfo": text.encode("utf-8", "replace"),
    }
    assert len(list(cgroup.folders(Fixed(files), "memory"))) <= 200
    memory.detect(Fixed(files))
    cgroup.cpu_quota(Fixed(files))


def test_huge_text_is_survived() -> None:
    for text in ("x" * 10_000_000, "0::/" + "a/" * 5_000_000, " - cgroup2 cgroup2 rw\n" * 400_000):
        files: dict[str, object] = {
            "/proc/self/cgroup": text,
            "/proc/self/mountinfo": text,
            "/proc/meminfo": text,
        }
        memory.detect(Fixed(files))
