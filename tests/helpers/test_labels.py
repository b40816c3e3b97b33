"""Validation of labels."""

from __future__ import annotations

import pytest

from hcloud.helpers import LabelValidator

LONG = ".".join(["a" * 49] * 5)  # 249 characters


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"env": ""},
        {"a" * 63: "v" * 63},
        {"A-b_c.1": "A-b_c.1"},
        {"example.com/key": "value"},
        {"my.hetzner.cloud/key": "value"},
        {"hetzner.cloud": "value"},
        {f"{LONG}.abc/key": "value"},
    ],
)
def test_valid_labels(labels: dict[str, str]) -> None:
    assert LabelValidator.validate(labels)
    assert LabelValidator.validate_verbose(labels) == (True, "")


@pytest.mark.parametrize(
    "key",
    [
        *("", "a" * 64, "-a", "a-", "a\n", "\na", "a b", "é", "²"),
        *("/a", "a/", "a/b/c", "a..b/c", "-a/b", "a_b/c", "hetzner.cloud/a", f"{LONG}.abcd/a"),
    ],
)
def test_invalid_keys(key: str) -> None:
    assert not LabelValidator.validate({"valid": "", key: "value"})
    assert LabelValidator.validate_verbose({key: "value"}) == (False, f"label key {key} is not correctly formatted")


@pytest.mark.parametrize("value", ["v" * 64, "-v", "v-", "v\n", "\n", " ", "a/b", "é", "²"])
def test_invalid_values(value: str) -> None:
    assert not LabelValidator.validate({"key": value})
    message = f"label value {value} (key: key) is not correctly formatted"
    assert LabelValidator.validate_verbose({"key": value, "": ""}) == (False, message)


def test_patterns_match_whole_strings() -> None:
    assert not LabelValidator.KEY_REGEX.match("a b")
    assert not LabelValidator.VALUE_REGEX.match("a b!")
