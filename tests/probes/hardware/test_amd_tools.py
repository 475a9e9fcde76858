"""Outputs of amd-smi, rocm-smi and amdgpu_top, and what surrounds the JSON in them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.hardware import amd_tools as tools
from probes.hardware import loose_json
from probes.hardware.amd_tools import Card

DATA = Path(__file__).parents[2] / "data" / "hardware" / "amd"
NAVI = "Navi 22 [Radeon RX 6700/6700 XT / 6800M]"


def recording(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rx6700xt_rocm430.json", Card("0000:07:00.0", None, 0x73DF, None, 12272, driver_version="6.3.6")),
        ("rx6700xt_rocm571.json", Card("0000:07:00.0", NAVI, 0x73DF, None, 12272, driver_version="6.3.6")),
        (
            "rx6700xt_rocm612.json",
            Card("0000:07:00.0", NAVI, 0x73DF, "gfx1031", 12272, driver_version="6.3.6"),
        ),
        ("vega-10-XT.json", Card("0000:04:00.0", None, 0x6861, None, 16368, driver_version="5.9.25")),
        (
            "mi250x-showproductname.json",
            Card(None, "AMD INSTINCT MI200 (MCM) OAM LC MBA HPE C2", 0x7408, "gfx90a"),
        ),
    ],
)
def test_rocm_smi(name: str, expected: Card):
    assert tools.parse_rocm_smi(recording("rocm-smi-json/" + name)) == [expected]


MI210 = Card(None, "AMD Instinct MI210", 0x740F, "gfx90a", 65520)


def test_amd_smi_object():
    assert tools.parse_amd_smi(recording("amd-smi-json/mi210-static.json")) == [MI210]


def test_amd_smi_bare_list_by_construction():
    rows = json.loads(recording("amd-smi-json/mi210-static.json"))["gpu_data"]
    assert tools.parse_amd_smi(json.dumps(rows)) == [MI210]


@pytest.mark.parametrize(
    "noise",
    [
        # quoted from nathaninline/ajean#39
        "/usr/lib/python3.14/site-packages/amdsmi/amdsmi_interface.py:3569: SyntaxWarning: 'return' in a 'finally' "
        "block\n  return return_dictionary\n",
        "[WARNING] group video is missing\n{not json}\n[0] reset done\n[]\n",
        "\ufeff",
    ],
)
def test_warnings_before_the_json(noise: str):
    text = recording("amd-smi-json/mi210-static.json")
    assert tools.parse_amd_smi(noise + "\n" + text + "\nWARNING: done\n") == [MI210]


def test_amd_smi_bus_and_other_spellings_of_sizes_by_construction():
    sizes: list[Any] = [{"value": 16, "unit": "GB"}, "16384 MB", 16384, {"value": "16384", "unit": "MiB"}]
    rows = [{"asic": {}, "bus": {"bdf": "0000:0C:00.0"}, "vram": {"size": size}} for size in sizes]
    assert tools.parse_amd_smi(json.dumps(rows)) == [Card("0000:0c:00.0", memory_mib=16384)] * 4
    for wrong in ({"value": "N/A", "unit": "MB"}, {"value": 5, "unit": "parsecs"}, "N/A", None, -1, True, []):
        assert tools.parse_amd_smi(json.dumps([{"asic": {"rev_id": "0"}, "vram": {"size": wrong}}])) == [
            Card()
        ]


def test_a_kernel_build_line_is_no_driver_version():
    assert "buildd" in recording("amd-smi-json/mi210-static.json")
    assert tools.parse_amd_smi(recording("amd-smi-json/mi210-static.json"))[0].driver_version is None


def test_amdgpu_top():
    assert tools.parse_amdgpu_top(recording("amdgpu_top/rx9060xt-dump.json")) == [
        Card("0000:03:00.0", "AMD Radeon RX 9060 XT", 30096, "gfx1200", 16304, 15602, False),
        Card("0000:13:00.0", "AMD Radeon Graphics", 5056, "gfx1036", 512, 15602, True),
    ]


@pytest.mark.parametrize(
    ("printed", "gfx"),
    [
        ("gfx90a", "gfx90a"),
        ("gfx9010", "gfx90a"),
        ("gfx9012", "gfx90c"),
        ("gfx9006", "gfx906"),
        ("gfx9000", "gfx900"),
        ("gfx942", "gfx942"),
        ("gfx1031", "gfx1031"),
        ("GFX1100", "gfx1100"),
        ("gfx90a:sramecc+:xnack-", "gfx90a"),
        ("N/A", None),
        ("gfx", None),
        ("", None),
        (None, None),
    ],
)
def test_spellings_of_an_architecture(printed: str | None, gfx: str | None):
    assert tools.gfx_of_name(printed) == gfx


@pytest.mark.parametrize(
    ("version", "gfx"),
    [
        (90010, "gfx90a"),
        (90012, "gfx90c"),
        (90402, "gfx942"),
        (90500, "gfx950"),
        (100301, "gfx1031"),
        (110501, "gfx1151"),
        (120000, "gfx1200"),
        (80003, "gfx803"),
        (0, None),
        (None, None),
        (-1, None),
        (10**17, None),
        (91777, None),
    ],
)
def test_versions_of_the_kernel(version: int | None, gfx: str | None):
    assert tools.gfx_of_version(version) == gfx


def test_whether_memory_is_shared_follows_from_the_architecture_only_where_it_is_sure():
    assert tools.integrated("gfx1151") is True
    assert tools.integrated("gfx1200") is False
    assert tools.integrated("gfx942") is None
    assert tools.integrated("gfx9999") is None
    assert not tools.INTEGRATED & tools.DISCRETE


PARSERS = [tools.parse_amd_smi, tools.parse_rocm_smi, tools.parse_amdgpu_top]
KEYS = st.sampled_from(
    [
        "gpu_data",
        "asic",
        "bus",
        "vram",
        "size",
        "value",
        "unit",
        "bdf",
        "market_name",
        "device_id",
        "target_graphics_version",
        "driver",
        "version",
        "card0",
        "system",
        "DeviceName",
        "DeviceID",
        "VRAM",
        "PCI",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("gfx9010"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
def test_any_text_is_survived(text: str):
    for parse in PARSERS:
        parse(text)
    tools.gfx_of_name(text)


@given(VALUES)
def test_any_json_is_survived_and_answers_are_bounded(value: Any):
    text = json.dumps(value)
    for parse in PARSERS:
        for card in parse(text):
            assert card.model is None or (len(card.model) <= 200 and card.model.isprintable())
            assert card.memory_mib is None or card.memory_mib > 0
            assert card.device_id is None or card.device_id > 0


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4_000_000,
        "{\n" * 2_000_000,
        '{"a": "' + "x" * 4_000_000,
        '["\n' * 1_000_000,
        '[{"gpu": ' + "9" * 1_000_000 + "}]",
        '[{"asic": {"market_name": "' + "\\u0000A" * 500_000 + '"}}]',
        '[{"asic": {"device_id": NaN, "market_name": "\\ud800"}, "vram": {"size": 1e999}}]',
    ],
)
def test_hostile_text_takes_no_time(text: str):
    start = time.perf_counter()
    for parse in PARSERS:
        assert len(parse(text)) <= 1
    assert time.perf_counter() - start < 3


def test_many_cards_are_cut():
    rows = [{"asic": {"market_name": f"card {index}"}} for index in range(1000)]
    assert len(tools.parse_amd_smi(json.dumps(rows))) == tools.CARDS_LIMIT


def test_loose_json_numbers():
    found = loose_json.parse('note\n  [{"a": NaN, "b": 1e999, "c": ' + "1" * 5000 + ', "d": 2}] tail')
    assert found == [{"a": None, "b": None, "c": None, "d": 2}]
    assert loose_json.parse("") is None
    assert loose_json.number(True) is None
    assert loose_json.number("0x10") == 16
    assert loose_json.number(-3) is None
