"""The values of TXT records."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcloud.exp.zone import format_txt_record, is_txt_record_quoted

# Those that have more than one byte or must be escaped are met often, and some texts are longer than a string.
CHARACTERS = st.one_of(st.sampled_from('"\\é€😀 \n'), st.characters(exclude_categories=["Cs"]))
TEXTS = st.text(CHARACTERS) | st.builds(lambda text, times: text * times, st.text(CHARACTERS, min_size=1), st.just(300))


def strings_in(written: str) -> list[str]:
    """What a reader of zone files makes of a value."""
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', written, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", each, flags=re.DOTALL) for each in strings]


@given(TEXTS)
def test_what_is_written_reads_as_the_text(text: str) -> None:
    written = format_txt_record(text)
    strings = strings_in(written)
    assert "".join(strings) == text
    assert all(0 < len(each.encode()) <= 255 for each in strings)
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
def test_strings_are_as_long_as_they_may_be(text: str, sizes: list[int]) -> None:
    assert [len(each.encode()) for each in strings_in(format_txt_record(text))] == sizes


@pytest.mark.parametrize("value", ['""', '"a"', '"a" "b"', '"a""b"', '"a\\"b"', '"a\\\\"'])
def test_quoted(value: str) -> None:
    assert is_txt_record_quoted(value)


@pytest.mark.parametrize("value", ["", "a", '"', '"a', 'a"', '"a\\"', '"a"b"', ' "a" '])
def test_not_quoted(value: str) -> None:
    assert not is_txt_record_quoted(value)
