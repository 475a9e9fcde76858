"""Model files by their bytes: each format as its writer makes it, and no bytes that bring a sniffer down."""

import io
import json
import pickle
import struct
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.project import protobuf, scan
from advisor.project.contents import HEAD, TAIL, ends
from advisor.project.models import LEGACY_TORCH, identify, pointer

prop = settings(deadline=None, derandomize=True, max_examples=300)


def zipped(*members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in members:
            file.writestr(name, content)
    return data.getvalue()


def field(number, content):
    """A Protocol Buffers field: a number, or bytes with their length."""
    if isinstance(content, int):
        return number_of(number << 3) + number_of(content)
    return number_of(number << 3 | 2) + number_of(len(content)) + content


def number_of(value):
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def safetensors(metadata=None, **tensors):
    header = json.dumps({**({"__metadata__": metadata} if metadata else {}), **tensors}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(64)


WEIGHT = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
ONNX_GRAPH = field(7, field(1, field(4, b"Relu")) + field(2, b"main"))
NODE = field(1, field(1, b"input") + field(2, b"Placeholder"))
FILES = {
    "m.safetensors": (safetensors({"format": "pt"}, w=WEIGHT), ("safetensors", "pytorch", "format pt")),
    "plain.safetensors": (safetensors(w=WEIGHT), ("safetensors", None, None)),
    "big.bin": (safetensors(None, **{f"w{i}": WEIGHT for i in range(2000)}), ("safetensors", None, None)),
    "m.pt": (zipped(("archive/data.pkl", b"\x80\x02}."), ("archive/version", b"3")), ("torch", "pytorch", None)),
    "script.pt": (
        zipped(("m/data.pkl", b"x"), ("m/code/__torch__.py", b"x"), ("m/constants.pkl", b"x")),
        ("torchscript", "pytorch", None),
    ),
    "m.pt2": (zipped(("m/archive_format", b"pt2"), ("m/models/model.json", b"{}")), ("torch_export", "pytorch", None)),
    "m.mar": (zipped(("MAR-INF/MANIFEST.json", b"{}"), ("m.pt", b"x")), ("torchserve_archive", "pytorch", None)),
    "legacy.pth": (LEGACY_TORCH + b"\x80\x02M\xe9\x03.", ("torch_legacy", "pytorch", None)),
    "m.keras": (
        zipped(("metadata.json", b'{"keras_version": "3.3.3"}'), ("config.json", b"{}"), ("model.weights.h5", b"")),
        ("keras", "keras", "Keras 3.3.3"),
    ),
    "m.h5": (b"\x89HDF\r\n\x1a\n" + bytes(500), ("hdf5", None, None)),
    "k.h5": (b"\x89HDF\r\n\x1a\n" + bytes(50) + b"layer_names", ("hdf5", "keras", "Keras attributes")),
    "m.tflite": (b"\x1c\0\0\0TFL3" + bytes(64), ("tflite", "tensorflow", None)),
    "m.pte": (b"\x1c\0\0\0ET12" + bytes(64), ("executorch", "pytorch", None)),
    "m.onnx": (field(1, 8) + field(2, b"pytorch") + field(3, b"2.1") + ONNX_GRAPH, ("onnx", None, "pytorch")),
    "other": (field(1, 9) + ONNX_GRAPH + field(8, field(2, 17)), ("onnx", None, None)),
    "frozen.pb": (NODE + NODE, ("tf_graph", "tensorflow", None)),
    "v.index": (bytes(100) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", ("tf_checkpoint", "tensorflow", None)),
    "m.gguf": (b"GGUF" + bytes(64), ("gguf", None, None)),
    "model.json": (b'{"format": "layers-model", "modelTopology": {}}', ("tfjs", "tensorflow", None)),
    "m.pkl": (pickle.dumps({"a": 1}, 4), ("pickle", None, None)),
    "old.pkl": (pickle.dumps([1, 2], 2), ("pickle", None, None)),
    "skl.joblib": (b"\x80\x04\x95\x40\0\0\0\0\0\0\0\x8c\x16sklearn.linear_model\x94.", ("pickle", "sklearn", None)),
    "lgb": (b"tree\nversion=v4\n", ("lightgbm", "lightgbm", None)),
}  # fmt: skip
OTHERS = {
    "a.zip.bin": zipped(("x.txt", b"x")),
    "text": b"hello world\n" * 50,
    "half": b"\x80\x04\x95" + bytes(20),
    "empty": b"",
    "numbers": bytes(range(256)) * 20,
    "saved_model.pb": b"no model",
    "json": b'{"a": 1}' * 5,
    "long.safetensors": struct.pack("<Q", 10**12) + b'{"dtype"',
    "proto": field(1, b"just a message") + field(2, 7),
    "onnxish": field(1, 7) + field(9, b"x"),
}


@pytest.mark.parametrize("name", FILES)
def test_formats(tmp_path, name):
    data, expected = FILES[name]
    file = tmp_path / name
    file.write_bytes(data)
    seen = ends(str(file))
    found = identify(name, seen.size, seen.head, seen.tail)
    assert tuple(found) == expected
    # By content: another name changes nothing, except where TensorFlow's own reader goes by the name too.
    if name not in ("v.index", "model.json"):
        assert identify("weights.dat", seen.size, seen.head, seen.tail) == found


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_model(name):
    data = OTHERS[name]
    assert identify(name, len(data), data[:HEAD], data[-TAIL:]) is None


def test_a_saved_model_is_its_folder(tmp_path):
    folder = tmp_path / "export" / "1"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(field(1, 1) + field(2, bytes(10)))
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(bytes(1000))
    (model,) = scan(tmp_path).models
    assert (model.file, model.kind, model.framework, model.bytes) == (
        "export/1",
        "saved_model",
        "tensorflow",
        1014,
    )


def test_a_pointer_of_git_lfs(tmp_path):
    text = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5000000000\n"
    (tmp_path / "model.safetensors").write_bytes(text)
    (model,) = scan(tmp_path).models
    assert (model.kind, model.bytes, model.pointer) == ("safetensors", 5 * 10**9, True)
    assert pointer("x.txt", text) is None


def test_a_pickle_is_never_loaded(tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "loaded"), "w")

    for name in ("a.pkl", "b.pt", "c"):
        (tmp_path / name).write_bytes(pickle.dumps(Evil(), 2))
    data = zipped(("archive/data.pkl", pickle.dumps(Evil(), 2)))
    (tmp_path / "d.pt").write_bytes(data)
    assert len(scan(tmp_path).models) == 4
    assert not (tmp_path / "loaded").exists()


@prop
@given(
    st.sampled_from([*FILES, "x", "saved_model.pb"]),
    st.binary(max_size=200),
    st.binary(max_size=100),
    st.integers(0, 2**40),
)
def test_any_bytes(name, head, tail, size):
    identify(name, size, head, tail)
    pointer(name, head)


@prop
@given(st.sampled_from(sorted(FILES)), st.integers(0, 60), st.binary(max_size=6), st.integers(0, 400))
def test_damaged_files(name, at, other, cut):
    data, _ = FILES[name]
    data = (data[:at] + other + data[at + len(other) :])[: len(data) - cut]
    identify(name, len(data), data[:HEAD], data[-TAIL:])


@prop
@given(st.binary(max_size=100), st.integers(0, 200))
@example(b"\xff" * 20, 100)
@example(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 100)
def test_fields_of_any_bytes_end(data, size):
    for number, _, length, part in protobuf.fields(data, size):
        assert number == 0 or (length >= 0 and len(part) <= len(data))
    protobuf.onnx(data, size)
    protobuf.tensorflow_graph(data, size)


@prop
@given(st.integers(0, 2**63 - 1))
def test_numbers_of_protocol_buffers(value):
    data = number_of(value)
    assert protobuf.varint(data + b"x", 0) == (value, len(data))
