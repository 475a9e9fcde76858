"""Model files known by their first and last bytes. Nothing is unpickled, unpacked or loaded."""

from __future__ import annotations

import re

from advisor.project import protobuf
from advisor.record import Record


class Found(Record):
    """A format, the framework it belongs to (None: it does not tell), and what else the bytes say."""

    kind: str
    framework: str | None
    detail: str | None


LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""A pickle of the number 0x1950a86a20f9469cfc6c, which `torch.save` wrote first before version 1.6."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TABLE_FOOTER = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
"""The magic number at the end of a LevelDB table, as in the index of a TensorFlow checkpoint."""
_POINTER = b"version https://git-lfs.github.com/spec/v1"
_OPENINGS = frozenset(b"}])(cX\x95\x8c\x8a\x8e\x88\x89\x8aNKMJGTUVC\x94\x96.F\x8f")
"""Opcodes that a pickle can have after its protocol."""
_KERAS_HDF5 = (
    b"keras_version",
    b"model_config",
    b"layer_names",
    b"model_weights",
    b"_layer_checkpoint_dependencies",
)
_EXTENSIONS = {
    ".safetensors": ("safetensors", None),
    ".pt": ("torch", "pytorch"),
    ".pth": ("torch", "pytorch"),
    ".ckpt": ("torch", "pytorch"),
    ".keras": ("keras", "keras"),
    ".h5": ("hdf5", None),
    ".hdf5": ("hdf5", None),
    ".onnx": ("onnx", None),
    ".tflite": ("tflite", "tensorflow"),
    ".pte": ("executorch", "pytorch"),
    ".gguf": ("gguf", None),
    ".mar": ("torchserve_archive", "pytorch"),
    ".pb": ("tf_graph", "tensorflow"),
    ".pkl": ("pickle", None),
}
"""Only for Git LFS pointers, whose content is elsewhere."""


def identify(name: str, size: int, head: bytes, tail: bytes) -> Found | None:
    """What a file of this name and size is. `head`, `tail`: its first and last bytes. Never raises for any bytes.

    Formats: safetensors (huggingface/safetensors README), torch zip and legacy (torch/serialization.py), HDF5
    superblock, Keras v3 zip, FlatBuffers identifiers at offset 4 (TFL3, ET12), ONNX and TensorFlow by the fields of
    their Protocol Buffers, GGUF, pickle by protocol and final stop.
    """
    low = name.lower()
    if head[:4] == b"PK\x03\x04":
        return _zip(head, tail)
    if head[:1] == b"\x80":
        return _pickle(head, tail)
    if head[:8] == _HDF5:
        return _hdf5(head)
    if head[:4] == b"GGUF" and size > 16:
        return Found("gguf", None, None)
    if size >= 8:
        identifier = head[4:8]
        if identifier == b"TFL3":
            return Found("tflite", "tensorflow", None)
        if re.fullmatch(rb"ET\d\d", identifier):
            return Found("executorch", "pytorch", None)
    found = _safetensors(size, head)
    if found is not None:
        return found
    if low in ("saved_model.pb", "saved_model.pbtxt"):
        ok = head[:2] == b"\x08\x01" or b"saved_model_schema_version" in head[:200]
        return Found("saved_model", "tensorflow", None) if ok else None
    if low.endswith(".index") and tail.endswith(_TABLE_FOOTER):
        return Found("tf_checkpoint", "tensorflow", None)
    if low == "model.json" and re.search(rb'"modelTopology"|"format"\s*:\s*"(?:layers|graph)-model"', head):
        return Found("tfjs", "tensorflow", None)
    if low == "flax_model.msgpack" and head[:1] and (0x80 <= head[0] <= 0x8F or head[0] == 0xDE):
        return Found("flax", "jax", None)
    if head[:5] == b"tree\n" and b"version=" in head[:20]:
        return Found("lightgbm", "lightgbm", None)
    producer = protobuf.onnx(head, size)
    if producer is not None:
        return Found("onnx", None, producer or None)
    if protobuf.tensorflow_graph(head, size):
        return Found("tf_graph", "tensorflow", None)
    return None


def pointer(name: str, head: bytes) -> tuple[Found, int] | None:
    """What a Git LFS pointer stands for by its extension, and the size it gives; None for anything else."""
    if not head.startswith(_POINTER):
        return None
    size = re.search(rb"\nsize (\d{1,18})\s*$", head[:400])
    known = _EXTENSIONS.get("." + name.lower().rpartition(".")[2])
    if known is None or size is None:
        return None
    return Found(known[0], known[1], None), int(size[1])


def _safetensors(size: int, head: bytes) -> Found | None:
    length = int.from_bytes(head[:8], "little")
    if len(head) < 10 or not 2 <= length <= min(size - 8, 100_000_000) or head[8:9] != b"{":
        return None
    header = head[8 : 8 + length]
    if b'"dtype"' not in header and b'"__metadata__"' not in header and header.strip() != b"{}":
        return None
    form = re.search(rb'"format"\s*:\s*"(pt|tf|flax|np|mlx)"', header)
    name = form[1].decode() if form is not None else None
    return Found(
        "safetensors",
        {"pt": "pytorch", "tf": "tensorflow", "flax": "jax"}.get(name or ""),
        f"format {name}" if name else None,
    )


def _names(head: bytes, tail: bytes) -> list[bytes]:
    """Names of members: from the local headers at the start and the central directory at the end, as far as read."""
    names = []
    for data, mark, at in ((head, b"PK\x03\x04", 26), (tail, b"PK\x01\x02", 28)):
        start = data.find(mark)
        while start >= 0:
            length = int.from_bytes(data[start + at : start + at + 2], "little")
            begin = start + (30 if at == 26 else 46)
            names.append(data[begin : begin + min(length, 300)])
            start = data.find(mark, start + 4)
    return names


def _zip(head: bytes, tail: bytes) -> Found | None:
    names = _names(head, tail)
    if b"MAR-INF/MANIFEST.json" in names:
        return Found("torchserve_archive", "pytorch", None)
    if b"config.json" in names and (b"metadata.json" in names or b"model.weights.h5" in names):
        version = re.search(rb'"keras_version"\s*:\s*"([\w.]{1,20})"', head)
        return Found("keras", "keras", f"Keras {version[1].decode('ascii', 'replace')}" if version else None)
    inner = [name.partition(b"/")[2] for name in names]
    if any(
        [n.startswith(b"serialized_exported_program") or n == b"archive_format" for n in (*inner, *names)]
    ):
        return Found("torch_export", "pytorch", None)
    if b"data.pkl" in inner:
        scripted = any([n == b"constants.pkl" or n.startswith(b"code/") for n in inner])
        return Found("torchscript" if scripted else "torch", "pytorch", None)
    return None


def _pickle(head: bytes, tail: bytes) -> Found | None:
    if head.startswith(LEGACY_TORCH):
        return Found("torch_legacy", "pytorch", None)
    if len(head) < 3 or head[1] not in (2, 3, 4, 5) or head[2] not in _OPENINGS or tail[-1:] != b".":
        return None
    for word, framework in (
        (b"torch", "pytorch"),
        (b"sklearn", "sklearn"),
        (b"xgboost", "xgboost"),
        (b"lightgbm", "lightgbm"),
        (b"catboost", "catboost"),
        (b"keras", "keras"),
        (b"tensorflow", "tensorflow"),
        (b"jax", "jax"),
    ):
        # A global is "cmodule\nname\n", or from protocol 4 on a string with its length before it.
        if re.search(rb"(?:c|\x8c.|X.\x00\x00\x00)" + word + rb"[\w.]*[\n\x94\x8cq]", head, re.DOTALL):
            return Found("pickle", framework, None)
    return Found("pickle", None, None)


def _hdf5(head: bytes) -> Found:
    if any([word in head for word in _KERAS_HDF5]):
        return Found("hdf5", "keras", "Keras attributes")
    return Found("hdf5", None, None)
