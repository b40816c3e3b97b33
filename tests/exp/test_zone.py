"""Formatting of TXT record values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcloud.exp.zone import format_txt_record, is_txt_record_quoted

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
    assert all(0 < len(string.encode()) <= 255 for string in strings)
    assert is_txt_record_quoted(written) is (text != "")


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
