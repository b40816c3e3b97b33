"""Formatting and parsing of TXT record values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcloud import InvalidArgumentError
from hcloud.exp.zone import format_txt_record, is_txt_record_quoted, parse_txt_record

# Multi-byte and escaped characters are frequent, and some texts need several strings.
CHARACTERS = st.one_of(st.sampled_from('"\\é€😀 \n'), st.characters(exclude_categories=["Cs"]))
TEXTS = st.text(CHARACTERS) | st.builds(lambda text, times: text * times, st.text(CHARACTERS, min_size=1), st.just(300))


def strings_in(written: str) -> list[str]:
    """Parse a value like a reader of zone files does."""
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', written, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", string, flags=re.DOTALL) for string in strings]


@given(TEXTS)
def test_formatted_value_parses_as_the_text(text: str) -> None:
    written = format_txt_record(text)
    strings = strings_in(written)
    assert "".join(strings) == text
    assert all(0 < len(string.encode()) <= 255 for string in strings) or strings == [""]
    assert is_txt_record_quoted(written) or not text
    assert parse_txt_record(written) == text


@given(st.lists(st.text(st.sampled_from('a0"\\é \n'), max_size=4), min_size=1, max_size=3), st.data())
def test_value_with_any_escapes_parses_as_the_text(strings: list[str], data: st.DataObject) -> None:
    def written(byte: int) -> str:
        forms = [f"\\{byte:03}"]
        if byte < 128 and chr(byte) not in '"\\':
            forms.append(chr(byte))
        if byte < 128 and not chr(byte).isdigit():
            forms.append(f"\\{chr(byte)}")
        return data.draw(st.sampled_from(forms))

    value = data.draw(st.sampled_from(["", " ", "\t "])).join(
        f'"{"".join(map(written, string.encode()))}"' for string in strings
    )
    assert is_txt_record_quoted(value)
    assert parse_txt_record(value) == "".join(strings)


def test_empty_text() -> None:
    assert format_txt_record("") == "", "as in hcloud-python"
    assert parse_txt_record("") == ""
    assert parse_txt_record('""') == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r'"\195\169"', "é"),
        (r'"\195" "\169"', "é"),
        (r'"\"\\\a"', '"\\a'),
        (r'"\\065\065"', "\\065A"),
        ('"a""b"\t"c"', "abc"),
        ('"' + r"\097" * 255 + '"', "a" * 255),
    ],
)
def test_parse(value: str, text: str) -> None:
    assert parse_txt_record(value) == text


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("a", 0), (' "a"', 0), ('"a" ', 4), ('"', 1), ('"a', 2), ('"a\\"', 4), ('"a"b"', 3), ('"a" "', 5),
        ('"a\\', 2), ('"\\25"', 1), ('"\\2x5"', 1), ('"a\\256"', 2), ('"\\255"', 1), ('"ab\\195" "c"', 3),
        ('"a" "' + "b" * 256 + '"', 4), ('"' + r"\097" * 256 + '"', 0), ('"a\ud800"', 2),
    ],
)  # fmt: skip
def test_malformed_value(value: str, position: int) -> None:
    with pytest.raises(InvalidArgumentError, match=f"at position {position}: "):
        parse_txt_record(value)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a" * 255, [255]),
        ("a" * 256, [255, 1]),
        ("é" * 128, [254, 2]),
        ("a" * 254 + '"b', [255, 1]),
        ('"' * 255, [255]),
    ],
)
def test_strings_have_the_maximum_size(text: str, sizes: list[int]) -> None:
    assert [len(string.encode()) for string in strings_in(format_txt_record(text))] == sizes


@pytest.mark.parametrize("value", ['""', '"a"', '"a" "b"', '"a""b"', '"a\\"b"', '"a\\\\"'])
def test_quoted(value: str) -> None:
    assert is_txt_record_quoted(value)


@pytest.mark.parametrize("value", ["", "a", '"', '"a', 'a"', '"a\\"', '"a"b"', ' "a" '])
def test_not_quoted(value: str) -> None:
    assert not is_txt_record_quoted(value)
