"""What labels may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["LabelValidator"]

_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?"
_DNS_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_PREFIX = rf"(?=[^/]{{1,253}}/)(?!hetzner\.cloud/){_DNS_LABEL}(?:\.{_DNS_LABEL})*"


class LabelValidator:
    """Tells whether the API would take labels, without asking it. See "Labels" in the API reference."""

    KEY_REGEX = re.compile(rf"(?:{_PREFIX}/)?{_NAME}\Z")
    """What all of a key must match: a name, which may stand after a domain other than ``hetzner.cloud``."""
    VALUE_REGEX = re.compile(rf"(?:{_NAME})?\Z")
    """What all of a value must match: a name, or nothing."""

    @staticmethod
    def validate(labels: dict[str, str]) -> bool:
        """Return whether all keys and values are right.

        :param labels: the labels
        """
        return not any(_faults(labels))

    @staticmethod
    def validate_verbose(labels: dict[str, str]) -> tuple[bool, str]:
        """Return whether all keys and values are right, and what is wrong with the first that is not.

        :param labels: the labels
        """
        fault = next(_faults(labels), "")
        return not fault, fault


def _faults(labels: dict[str, str]) -> Iterator[str]:
    for key, value in labels.items():
        if not LabelValidator.KEY_REGEX.match(key):
            yield f"label key {key} is not correctly formatted"
        if not LabelValidator.VALUE_REGEX.match(value):
            yield f"label value {value} (key: {key}) is not correctly formatted"
