"""Text made safe: nothing that a terminal, a Unicode renderer or a Markdown reader would obey is left."""

import html
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.output.escape import markdown, terminal

prop = settings(deadline=None, derandomize=True, max_examples=100)
MARKUP = "\\`*_{}[]<>#|~!&"
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LINE_ENDS = "\u2028\u2029"
any_text = st.text(
    st.characters() | st.sampled_from("\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\ud800\udfff" + OVERRIDES + MARKUP)
)
one_line = any_text.map(lambda text: "".join(c for c in text if c not in LINE_ENDS))


@prop
@given(any_text)
def test_terminal_leaves_no_control_character_no_override_and_no_half_character(text):
    shown = terminal(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs"}
    assert not set(shown) & set(OVERRIDES)
    shown.encode("utf-8")


@prop
@given(one_line)
def test_terminal_shows_one_line(text):
    assert terminal(text).splitlines() in ([], [terminal(text)])


@pytest.mark.parametrize("separator", LINE_ENDS)
def test_terminal_shows_one_line_where_unicode_ends_one(separator):
    assert len(terminal(f"a{separator}b").splitlines()) == 1


def test_terminal_escapes_every_character_that_a_terminal_could_obey():
    for code in [*range(0x10000), *range(0x10000, sys.maxunicode, 997)]:
        character = chr(code)
        active = unicodedata.category(character) in ("Cc", "Cs") or character in OVERRIDES
        if active:
            shown = terminal(f"a{character}b")
            assert shown.isascii()
            assert shown.isprintable()
        elif character not in LINE_ENDS:
            assert terminal(character) == character


@prop
@given(st.text().filter(str.isprintable))
def test_terminal_leaves_printable_text_alone(text):
    assert terminal(text) == text


@prop
@given(any_text)
def test_terminal_has_nothing_left_to_do_the_second_time(text):
    assert terminal(terminal(text)) == terminal(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("naïve 日本語 🙂", "naïve 日本語 🙂"),
        ("a\nb\tc", "a b c"),
        ("a\r\nb", "a\\x0d b"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("nul\x00del\x7fnel\x85", "nul\\x00del\\x7fnel\\x85"),
        ("file\u202egnp.exe", "file\\u202egnp.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\ud83d alone", "\\ud83d alone"),
        ("👩\u200d💻 \x08", "👩\u200d💻 \\x08"),
    ],
)
def test_terminal_shows_what_it_took_out(text, shown):
    assert terminal(text) == shown


@prop
@given(any_text)
@example("a\\*b")
@example("\\&lt;")
def test_markdown_leaves_no_active_character_unescaped(text):
    rest = re.sub(r"\\[\\`*_{}\[\]<>#|~!]", "", markdown(text)).replace("&amp;", "")
    assert not set(rest) & set(MARKUP)


@prop
@given(any_text)
def test_markdown_can_be_read_back(text):
    assert re.sub(r"\\(.)", r"\1", markdown(text).replace("&amp;", "&"), flags=re.DOTALL) == terminal(text)


@prop
@given(any_text)
@example("[x](javascript:alert(1))")
@example("<img src=x onerror=alert(1)>")
@example("![a](b) `c` **d** ~~e~~ &copy; &#60; \\&lt;")
def test_a_commonmark_reader_shows_the_text_itself(text):
    reader = (
        pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
    )
    shown = reader.renderInline(f"x{markdown(text)}x")
    assert shown.replace("&quot;", '"') == html.escape(f"x{terminal(text)}x", quote=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 1.0 (a)", "plain text, 1.0 (a)"),
        ("[x](http://a)", "\\[x\\](http://a)"),
        ("<b>&amp;</b>", "\\<b\\>&amp;amp;\\</b\\>"),
        ("a|b", "a\\|b"),
        ("# a\n# b", "\\# a \\# b"),
        ("\x1b[0m", "\\\\x1b\\[0m"),
    ],
)
def test_markdown_escapes(text, shown):
    assert markdown(text) == shown
