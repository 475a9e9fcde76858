"""Protocol Buffers without their schema: enough of the first bytes to tell an ONNX model or a TensorFlow graph."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ONNX = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
"""Fields of ModelProto (onnx/onnx.proto) and their wire types."""
_WORD = re.compile(rb"[A-Za-z_][\w.>/-]{0,400}")


def varint(data: bytes, at: int) -> tuple[int, int] | None:
    """(value, position behind it) of the number that begins at `at`; None when it is cut or has more than ten bytes."""
    value = shift = 0
    for position in range(at, min(len(data), at + 10)):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    return None


def fields(data: bytes, size: int) -> Iterator[tuple[int, int, int, bytes]]:
    """(field, wire type, number or length, bytes as far as they are here), until the data ends or makes no sense.

    What makes no sense ends with a field 0. `size` is that of the whole message: nothing may reach beyond it.
    """
    at = 0
    while at < len(data):
        key = varint(data, at)
        value = varint(data, key[1]) if key is not None else None
        if key is None or value is None:
            return
        field, wire = key[0] >> 3, key[0] & 7
        if field == 0 or wire not in (0, 2) or (wire == 2 and value[1] + value[0] > size):
            yield 0, wire, 0, b""
            return
        if wire == 0:
            yield field, wire, value[0], b""
            at = value[1]
        else:
            at = value[1] + value[0]
            yield field, wire, value[0], data[value[1] : at]


def onnx(head: bytes, size: int) -> str | None:
    """The producer of an ONNX model ("" when it names none), or None when this is none.

    A model begins with its version (1..30); every field is one of ModelProto, and the graph or the operator sets are met.
    """
    if head[:1] != b"\x08" or not 1 <= (head[1] if len(head) > 1 else 0) <= 30:
        return None
    producer, sure = "", False
    for field, wire, number, part in fields(head, size):
        if _ONNX.get(field) != wire:
            return None
        if field == 2:
            if not re.fullmatch(rb"[\x20-\x7e]{0,100}", part) or len(part) != number:
                return None
            producer = part.decode("ascii")
        elif field == 7:
            sure = sure or _onnx_graph(part, number)
        elif field == 8:
            sure = sure or (number < 200 and part[:1] in (b"\x0a", b"\x10"))
    return producer if sure else None


def _onnx_graph(part: bytes, size: int) -> bool:
    # GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output, 13 value_info, all with a length.
    for field, wire, _, _ in fields(part, size):
        return wire == 2 and field in (1, 2, 5, 10, 11, 12, 13, 14, 15)
    return False


def tensorflow_graph(head: bytes, size: int) -> bool:
    """Whether this is a GraphDef: its first node has a name and the name of an operation (tensorflow/core/framework)."""
    for field, wire, length, part in fields(head, size):
        if field != 1 or wire != 2:
            return False
        named = False
        for inner, kind, _, text in fields(part, length):
            if inner == 1 and kind == 2:
                named = _WORD.fullmatch(text) is not None
            elif inner == 2 and kind == 2:
                return named and re.fullmatch(rb"[A-Z]\w{1,60}", text) is not None
            elif inner == 0 or not named:
                return False
        return False
    return False
