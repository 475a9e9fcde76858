"""A recording answers as the machine did, names nobody, and a bad one is refused."""

from __future__ import annotations

import json

import pytest

from probes.capture import Capture, CaptureError, Replay, mask, personal_names
from probes.reader import Completed, Fixed

MACHINE = Fixed(
    {"/sys/a/vendor": "0x10de\n", "/etc/serial": "Serial Number: ABC123456\n"},
    {
        ("tool", "-q"): "GPU UUID : 4ca8b6f6-1d2c-4d0c-9a2b-0123456789ab\nok\n",
        ("bad",): Completed(("bad",), 9, "", "no", None),
    },
    {"CUDA_VISIBLE_DEVICES": "0", "USER": "somebody", "SECRET_TOKEN": "x"},
    links={"/sys/a/driver": "../../bus/nvidia"},
)


@pytest.fixture
def recording(tmp_path):
    capture = Capture(MACHINE)
    capture.text("/sys/a/vendor")
    capture.text("/etc/serial")
    capture.text("/missing")
    capture.names("/sys/a")
    capture.link("/sys/a/driver")
    capture.exists("/sys/a")
    capture.exists("/nowhere")
    capture.run(["tool", "-q"])
    capture.run(["bad"])
    capture.run(["absent"])
    folder = tmp_path / "recording"
    capture.write(str(folder), {"os": "linux", "arch": "x86_64"})
    return folder


def test_a_replay_answers_as_the_machine_did(recording):
    replay = Replay(str(recording))
    assert replay.platform == "linux"
    assert replay.line("/sys/a/vendor") == "0x10de"
    assert replay.text("/missing") is None
    assert replay.names("/sys/a") == MACHINE.names("/sys/a")
    assert replay.link("/sys/a/driver") == "../../bus/nvidia"
    assert (replay.exists("/sys/a"), replay.exists("/nowhere")) == (True, False)
    assert replay.run(["bad"])[1:4] == (9, "", "no")
    assert replay.run(["absent"]).error == "not found"
    assert replay.run(["never asked"]).error == "not found"
    assert dict(replay.environ) == {"CUDA_VISIBLE_DEVICES": "0"}


def test_a_recording_names_nobody(recording):
    text = "".join(path.read_text("utf-8") for path in recording.iterdir())
    for secret in ("ABC123456", "4ca8b6f6", "somebody", "SECRET_TOKEN"):
        assert secret not in text
    assert "ok" in text


def test_the_manifest_has_the_published_shape(recording):
    manifest = json.loads((recording / "manifest.json").read_text("utf-8"))
    assert {"machine", "files", "commands", "env"} <= set(manifest)
    assert {"argv", "returncode", "stdout", "stderr"} <= set(manifest["commands"][0])
    for row in manifest["commands"]:
        assert (recording / row["stdout"]).is_file() and (recording / row["stderr"]).is_file()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(CaptureError, match="not empty"):
        Capture(MACHINE).write(str(tmp_path), {})
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "No such file"),
        ("{", "not valid JSON"),
        ("[]", "not a recording"),
        ('{"files": []}', "not a recording"),
        ('{"commands": [1]}', "without argv"),
        ('{"files": {"/etc/passwd": "../../etc/passwd"}}', "no file of the recording"),
        ('{"files": {"/a": "/etc/passwd"}}', "no file of the recording"),
        ('{"files": {"/a": "missing.txt"}}', "No such file"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_recording_is_refused(tmp_path, manifest, message):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(CaptureError, match=message):
        Replay(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Serial Number (system): C02XX1234", "C02XX1234"),
        ('"serial_number" : "C02XX1234"', "C02XX1234"),
        ("[ro.serialno]: [ZX1G22]", "ZX1G22"),
        ("IMEI=356938035643809", "356938035643809"),
        ("link/ether aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff"),
        ("/home/somebody/x", "somebody"),
    ],
)
def test_masks(text, gone):
    assert gone not in mask(text, ["somebody"])


def test_masks_keep_what_matters():
    text = "NVIDIA GeForce RTX 3080, 0000:01:00.0, 10240 MiB, 8.6"
    assert mask(text) == text


def test_personal_names_come_from_the_environment():
    assert personal_names({"USER": "somebody", "HOME": "/home/some.body"}) == ["some.body", "somebody"]
    assert personal_names({"USER": "root", "HOME": "/root"}) == []


def test_phones_cannot_be_told_from_a_recording_but_still_be_asked(tmp_path):
    listed = "List of devices attached\nZX1G22ABCD device usb:1-1 model:Pixel\n192.168.1.7:5555 offline\n"
    phones = Fixed(
        commands={
            ("adb", "devices", "-l"): listed,
            (
                "adb",
                "-s",
                "ZX1G22ABCD",
                "shell",
                "getprop",
            ): "[ro.serialno]: [ZX1G22ABCD]\n[ro.soc.model]: [GS201]\n",
            ("idevice_id", "-l"): "00008030-001A2D3E4F5A802E\n",
            (
                "xcrun",
                "devicectl",
                "list",
            ): '{"name" : "Ann\'s phone", "hostnames": ["anns.local"], "marketingName": "iPhone 15"}',
        }
    )
    capture = Capture(phones)
    for argv in phones._commands:
        capture.run(argv)
    folder = tmp_path / "recording"
    capture.write(str(folder), {})
    text = "".join(path.read_text("utf-8") for path in folder.iterdir())
    for secret in ("ZX1G22ABCD", "192.168.1.7", "00008030", "Ann", "anns.local"):
        assert secret not in text
    replay = Replay(str(folder))
    name = replay.run(["adb", "devices", "-l"]).stdout.splitlines()[1].split()[0]
    assert "GS201" in replay.run(["adb", "-s", name, "shell", "getprop"]).stdout
    assert "iPhone 15" in replay.run(["xcrun", "devicectl", "list"]).stdout
