"""What the environment of a TPU VM says."""

import pytest

from probes.hardware import tpu


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v2-8", "v2"),
        ("v3-32", "v3"),
        ("v4-16", "v4"),
        ("v5litepod-16", "v5e"),
        ("v5lite-4", "v5e"),
        ("v5p-8", "v5p"),
        (" V6E-4\n", "v6e"),
        ("tpu7x-16", "tpu7x"),
        ("v7x-16", "tpu7x"),
        ("v6e", None),
        ("v66e-4", None),
        ("v6e-4-spot", None),
        ("", None),
        (None, None),
    ],
)
def test_accelerator_types(text, expected):
    assert tpu.parse_accelerator_type(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,1,1", 1),
        ("2,2,1", 4),
        ("2,2,1,2", 8),
        ("0,1,1", None),
        ("2,2,", None),
        ("-1,1,1", None),
        ("9" * 10_000, None),
        (None, None),
    ],
)
def test_process_bounds(text, expected):
    assert tpu.parse_bounds(text) == expected
