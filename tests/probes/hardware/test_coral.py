"""Coral Edge TPUs: recorded listings of buses, phones of the same vendor, drivers and permissions."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.hardware import coral, pci, usb
from probes.reader import Completed, Fixed

DATA = Path(__file__).parents[2] / "data/hardware/coral"
LIBRARY = {"/usr/lib/x86_64-linux-gnu/libedgetpu.so.1": ""}
prop = settings(deadline=None, derandomize=True, max_examples=60)


def write_test(path, allowed=True):
    argv = ("test", "-w", path)
    return {argv: Completed(argv, 0 if allowed else 1, "", "", None)}


def stick(vendor, product, *, node=True, allowed=True, more=LIBRARY):
    """A reader with one USB device, number 3 on bus 2."""
    folder = f"{usb.SYSFS}/2-1"
    files = {"idVendor": vendor, "idProduct": product, "busnum": "2", "devnum": "3", "serial": "SECRET"}
    files = {f"{folder}/{name}": text + "\n" for name, text in files.items()}
    files.update(more)
    if node:
        files["/dev/bus/usb/002/003"] = ""
    return Fixed(files, write_test("/dev/bus/usb/002/003", allowed))


def cards(nodes=(), *, count=1, driver="apex", allowed=True, placed=True, bus=True, more=LIBRARY):
    """A reader with `count` cards on PCI and the nodes `/dev/apex_<n>`, which sysfs ties to the cards if `placed`."""
    files, links, commands = dict(more), {}, {}
    for index in range(count if bus else 0):
        folder = f"{pci.SYSFS}/0000:{index + 4:02x}:00.0"
        files.update({f"{folder}/vendor": "0x1ac1\n", f"{folder}/device": "0x089a\n"})
        files[f"{folder}/class"] = "0x088000\n"
        if driver:
            links[f"{folder}/driver"] = f"../../../bus/pci/drivers/{driver}"
    for index in nodes:
        files[f"/dev/apex_{index}"] = ""
        commands.update(write_test(f"/dev/apex_{index}", allowed))
        if placed:
            links[f"/sys/class/apex/apex_{index}/device"] = f"../../../0000:{index + 4:02x}:00.0"
    return Fixed(files, commands, links=links)


def is_nothing(found):
    return not (found.machine or found.accelerators or found.targets or found.facts or found.diagnostics)


def only(found):
    """The one device, which is an accelerator and a target at the same address."""
    (record,), (attached,) = found.accelerators, found.targets
    assert (record["vendor"], record["kind"], record["model"]) == ("google", "tpu", "Coral Edge TPU")
    assert (attached["kind"], attached["model"]) == ("edge_tpu", "Coral Edge TPU")
    assert record["address"] == attached["address"]
    assert (record["present"], found.facts) == (True, {"edge_tpu": True})
    return record, attached


@pytest.mark.parametrize("file", ["lsusb-uninitialised.txt", "lsusb-uninitialised-in-container.txt"])
def test_recorded_stick_before_its_first_use(file):
    record, attached = only(coral.detect(Fixed(commands={("lsusb",): (DATA / file).read_text()})))
    assert (attached["state"], record["address"], record["usable"]) == ("uninitialised", "006-002", None)


def test_constructed_stick_after_its_first_use():
    output = (
        "Bus 001 Device 003: ID 18d1:9302 Google Inc.\nBus 001 Device 001: ID 1d6b:0002 Linux Foundation\n"
    )
    record, attached = only(coral.detect(Fixed(commands={("lsusb",): output})))
    assert (attached["state"], record["address"], record["usable"]) == ("initialised", "001-003", None)


def test_recorded_pair_on_pcie_without_a_driver():
    output = (DATA / "lspci-dual-edge-tpu.txt").read_text()
    found = coral.detect(Fixed(commands={("lspci", "-Dnn"): output}))
    assert [a["address"] for a in found.accelerators] == ["0000:04:00.0", "0000:05:00.0"]
    assert [(a["usable"], a["why_not"]) for a in found.accelerators] == [
        (False, "no /dev/apex_<n>: driver missing")
    ] * 2
    assert [t["kind"] for t in found.targets] == ["edge_tpu"] * 2
    assert found.facts == {"edge_tpu": True}


@pytest.mark.parametrize("product", ["4ee7", "4ee1", "4ee0", "d001"])
def test_phones_of_the_same_vendor_are_no_edge_tpu(product):
    assert is_nothing(coral.detect(stick("18d1", product)))


def test_the_ids_belong_together():
    assert is_nothing(coral.detect(stick("1a6e", "9302")))
    assert is_nothing(coral.detect(stick("18d1", "089a")))


@pytest.mark.parametrize(("vendor", "product"), coral.USB_STATES)
def test_a_stick_that_is_ready(vendor, product):
    record, _ = only(coral.detect(stick(vendor, product)))
    assert (record["address"], record["usable"], record["why_not"]) == ("2-1", True, None)


def test_a_stick_without_permission():
    record, _ = only(coral.detect(stick("1a6e", "089a", allowed=False)))
    assert (record["usable"], record["why_not"]) == (False, "no permission for /dev/bus/usb/002/003")


def test_a_stick_that_a_container_was_not_given():
    record, _ = only(coral.detect(stick("1a6e", "089a", node=False)))
    assert record["usable"] is False
    assert "container" in record["why_not"]


@pytest.mark.parametrize("name", ["busnum", "devnum"])
def test_a_stick_without_a_number_has_no_known_node(name):
    record, _ = only(coral.detect(stick("1a6e", "089a", more={f"{usb.SYSFS}/2-1/{name}": "?\n", **LIBRARY})))
    assert (record["usable"], record["why_not"]) == (None, None)


def test_without_the_library_use_is_unknown_and_a_note_says_so():
    found = coral.detect(stick("1a6e", "089a", more={}))
    assert only(found)[0]["usable"] is None
    assert [d["level"] for d in found.diagnostics] == ["info"]


@pytest.mark.parametrize("placed", [True, False])
def test_cards_that_are_ready(placed):
    found = coral.detect(cards((0, 1), count=2, placed=placed))
    assert [(a["usable"], a["driver"]) for a in found.accelerators] == [(True, "apex")] * 2


def test_a_card_without_permission():
    record, _ = only(coral.detect(cards((0,), allowed=False)))
    assert (record["usable"], record["why_not"]) == (False, "no permission for /dev/apex_0")


def test_a_card_with_a_driver_and_no_node():
    record, _ = only(coral.detect(cards()))
    assert record["usable"] is False
    assert "container" in record["why_not"]


def test_one_of_two_cards_has_a_node():
    found = coral.detect(cards((1,), count=2))
    assert [a["usable"] for a in found.accelerators] == [False, True]


def test_nodes_that_cannot_be_told_apart_leave_use_unknown():
    found = coral.detect(cards((0,), count=2, placed=False))
    assert [a["usable"] for a in found.accelerators] == [None, None]


def test_a_card_that_the_driver_calls_dead():
    record, _ = only(coral.detect(cards((0,), more={"/sys/class/apex/apex_0/status": "DEAD\n"})))
    assert record["usable"] is False


@pytest.mark.parametrize(("placed", "address"), [(True, "0000:04:00.0"), (False, None)])
def test_a_node_where_the_bus_is_hidden(placed, address):
    record, _ = only(coral.detect(cards((0,), bus=False, placed=placed)))
    assert (record["address"], record["usable"]) == (address, True)


@pytest.mark.parametrize("name", ["apex_", "apex_x", "apex", "apex_99999"])
def test_other_nodes_do_not_count(name):
    assert is_nothing(coral.detect(Fixed({f"/dev/{name}": ""})))


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows"])
def test_nothing_at_all(platform):
    assert is_nothing(coral.detect(Fixed(platform=platform)))


def test_the_number_of_devices_is_limited():
    found = coral.detect(Fixed(commands={("lsusb",): "Bus 001 Device 003: ID 18d1:9302\n" * 500}))
    assert len(found.accelerators) == len(found.targets) == coral.DEVICES_LIMIT


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ALIVE\n", True), ("DEAD", False), ("LAMED", False), ("", None), (None, None), ("alive?", None)],
)
def test_status(text, expected):
    assert coral.parse_status(text) is expected


@prop
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_any_text_is_accepted(text):
    assert coral.parse_status(text) in (None, True, False)
    coral.detect(stick(text, text))
    coral.detect(cards((0,), driver=text, more={"/sys/class/apex/apex_0/status": text}))
    coral.detect(Fixed(commands={("lsusb",): text, ("lspci", "-Dnn"): text}))
