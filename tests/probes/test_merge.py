"""Devices that several detectors see are one device when they stand at one address, and only then."""

from __future__ import annotations

from probes.merge import LIMIT, merged
from probes.record import Found, accelerator


def found(*devices, **facts):
    part = Found()
    part.accelerators += devices
    part.facts.update(facts)
    return part.to_dict()


def test_the_same_address_is_one_device_and_unknowns_are_completed():
    one = accelerator("nvidia", "gpu", address="0000:01:00.0", model="A", usable=None)
    two = accelerator("nvidia", "gpu", address="0000:01:00.0", model="B", memory_mib=8192, usable=True)
    (device,) = merged([found(one), found(two)])["accelerators"]
    assert (device["model"], device["memory_mib"], device["usable"]) == ("A", 8192, True)


def test_devices_never_merge_by_name():
    twins = [accelerator("nvidia", "gpu", model="RTX 3080") for _ in range(2)]
    assert len(merged([found(*twins)])["accelerators"]) == 2


def test_another_vendor_at_the_same_address_is_another_device():
    devices = [accelerator(v, "gpu", address="0000:01:00.0") for v in ("nvidia", "amd")]
    assert len(merged([found(*devices)])["accelerators"]) == 2


def test_a_reason_beats_not_knowing_and_a_proof_beats_a_reason():
    address = "0000:01:00.0"
    broken = accelerator("amd", "gpu", address=address, usable=False, why_not="no permission")
    unknown = accelerator("amd", "gpu", address=address)
    works = accelerator("amd", "gpu", address=address, usable=True)
    (device,) = merged([found(unknown), found(broken)])["accelerators"]
    assert (device["usable"], device["why_not"]) == (False, "no permission")
    (device,) = merged([found(broken), found(works)])["accelerators"]
    assert (device["usable"], device["why_not"]) == (True, None)


def test_the_first_fact_that_is_known_stays():
    facts = merged([found(os=None), found(os="linux"), found(os="windows")])["facts"]
    assert facts == {"os": "linux"}


def test_a_flood_of_devices_is_cut_and_told():
    result = merged([found(*(accelerator("amd", "gpu", address=f"{i:04x}:00:00.0") for i in range(200)))])
    assert len(result["accelerators"]) == LIMIT
    assert "200 accelerators" in result["diagnostics"][0]["message"]


def test_the_parts_are_left_alone():
    part = found(accelerator("amd", "gpu", address="0000:01:00.0"))
    merged([part, found(accelerator("amd", "gpu", address="0000:01:00.0", memory_mib=1))])
    assert part["accelerators"][0]["memory_mib"] is None


def test_facts_of_two_gpus_are_not_mixed():
    nvidia = found(**{"gpu.vendor": "nvidia", "gpu.memory_mib": None})
    amd = found(**{"gpu.vendor": "amd", "gpu.memory_mib": 16368, "amd.gfx": "gfx900"})
    assert merged([nvidia, amd])["facts"] == {"gpu.vendor": "nvidia", "amd.gfx": "gfx900"}
