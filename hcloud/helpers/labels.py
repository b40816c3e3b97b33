"""Validation of labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["LabelValidator"]

_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?"
_DNS_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_PREFIX = rf"(?=[^/]{{1,253}}/)(?!hetzner\.cloud/){_DNS_LABEL}(?:\.{_DNS_LABEL})*"


class LabelValidator:
    """Validator of labels that sends no request. See "Labels" in the API reference."""

    KEY_REGEX = re.compile(rf"(?:{_PREFIX}/)?{_NAME}\Z")
    """Pattern of a key: a name, optionally after a DNS prefix and a slash; ``hetzner.cloud/`` is reserved."""
    VALUE_REGEX = re.compile(rf"(?:{_NAME})?\Z")
    """Pattern of a value: a name, or an empty string."""

    @staticmethod
    def validate(labels: dict[str, str]) -> bool:
        """Return True if all keys and values are valid.

        :param labels: Labels to check
        """
        return not any(_problems(labels))

    @staticmethod
    def validate_verbose(labels: dict[str, str]) -> tuple[bool, str]:
        """Return True and an empty string if all keys and values are valid, else False and the first problem.

        :param labels: Labels to check
        """
        problem = next(_problems(labels), "")
        return not problem, problem


def _problems(labels: dict[str, str]) -> Iterator[str]:
    for key, value in labels.items():
        if not LabelValidator.KEY_REGEX.match(key):
            yield f"label key {key} is not correctly formatted"
        if not LabelValidator.VALUE_REGEX.match(value):
            yield f"label value {value} (key: {key}) is not correctly formatted"
