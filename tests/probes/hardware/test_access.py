"""Whether a device node may be opened: asked of the kernel, never guessed."""

from __future__ import annotations

import os

import pytest

from probes.hardware.access import writable
from probes.reader import Completed, Fixed, Live

ARGV = ("test", "-w", "/dev/kfd")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Completed(ARGV, 0, "", "", None), True),
        (Completed(ARGV, 1, "", "", None), False),
        (Completed(ARGV, 2, "", "test: extra operand", None), None),
        (Completed(ARGV, None, "", "", "timed out"), None),
        (Completed(ARGV, None, "", "", "not found"), None),
    ],
)
def test_the_answer_of_the_kernel(answer: Completed, expected: bool | None):
    assert writable(Fixed(files={"/dev/kfd": ""}, commands={ARGV: answer}), "/dev/kfd") is expected


def test_a_node_that_is_missing_cannot_be_opened():
    assert writable(Fixed(), "/dev/kfd") is False


@pytest.mark.skipif(os.name != "posix", reason="device nodes are files on POSIX systems only")
def test_on_this_machine():
    assert writable(Live(), os.devnull) is True
