"""Text from rules, devices and repositories made safe to show: nothing in it is obeyed by a terminal or a renderer."""

from __future__ import annotations

_MARKDOWN = frozenset("\\`*_{}[]<>#|~!")
_BIDI = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def terminal(text: str) -> str:
    """Control characters and text-direction overrides as visible escapes; the rest unchanged, on one line."""
    if text.isprintable():
        return text
    shown = []
    for character in text:
        code = ord(character)
        if character in "\n\t":
            shown.append(" ")
        elif code < 32 or 127 <= code < 160 or character in _BIDI or 0xD800 <= code < 0xE000:
            shown.append(f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
        else:
            shown.append(character)
    return "".join(shown)


def markdown(text: str) -> str:
    """Markdown and HTML in `text` as plain characters, on one line."""
    return "".join("\\" + c if c in _MARKDOWN else c for c in terminal(text)).replace("&", "&amp;")
