"""Validation of labels, and label selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from ..helpers import LabelValidator
from .error_responses import invalid

__all__ = ["check_labels", "parse_selector"]

# A selector embeds the patterns of the validator, so the anchor at their end must go.
_KEY = LabelValidator.KEY_REGEX.pattern.removesuffix(r"\Z")
_VALUE = LabelValidator.VALUE_REGEX.pattern.removesuffix(r"\Z")
_is_value = LabelValidator.VALUE_REGEX.fullmatch

_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<negated>not)?in\s*\((?P<values>[^()]*)\)")
_COMPARISON = re.compile(rf"(?P<key>{_KEY})\s*(?P<operator>==|!=|=)\s*(?P<value>{_VALUE})")
_PRESENCE = re.compile(rf"(?P<absent>!)?\s*(?P<key>{_KEY})")
_SEPARATOR = re.compile(r"[(),]")

# A guess at the limit of the API: servers usually reject longer URLs.
_MAX_LENGTH = 32 * 1024

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]


def check_labels(labels: object) -> list[str]:
    """Return what is wrong with the value of ``labels``; an empty list if it is valid."""
    if not isinstance(labels, dict):
        return ["must be an object of strings"]
    messages = []
    for key, value in labels.items():
        if key.startswith("hetzner.cloud/"):
            messages.append(f"label key '{key}' uses the reserved prefix hetzner.cloud/")
        elif not LabelValidator.KEY_REGEX.fullmatch(key):
            messages.append(f"label key '{key}' is not valid")
        if not isinstance(value, str) or not _is_value(value):
            messages.append(f"value of label '{key}' is not valid")
    return messages


@lru_cache(maxsize=128)
def parse_selector(text: str, field: str = "label_selector") -> Selector:
    """Parse a selector such as ``env=prod,!old,tier in (web,db)``.

    ``!=`` and ``notin`` match only labels that have the key.

    :param field: Name of the parameter, for error messages
    :returns: Function that returns true for labels that match.
    :raises ErrorResponse: ``invalid_input`` for an invalid selector
    """
    if len(text) > _MAX_LENGTH:
        raise invalid(field, "is too long")
    terms: list[Selector] = []
    for part in _split(text):
        term = _term(part.strip())
        if term is None:
            raise invalid(field, f"'{part.strip()}' is not a valid label selector")
        terms.append(term)
    return terms[0] if len(terms) == 1 else lambda labels: all(term(labels) for term in terms)


def _split(text: str) -> Iterator[str]:
    """Yield the terms of a selector: the parts between the commas outside parentheses."""
    if not text.strip():
        return
    start, in_parentheses = 0, False
    for separator in _SEPARATOR.finditer(text):
        if separator[0] != ",":
            in_parentheses = separator[0] == "("
        elif not in_parentheses:
            yield text[start : separator.start()]
            start = separator.end()
    yield text[start:]


def _term(text: str) -> Selector | None:
    if match := _SET.fullmatch(text):
        key = match["key"]
        values = {value.strip() for value in match["values"].split(",")}
        if not all(map(_is_value, values)):
            return None
        if match["negated"]:
            return lambda labels: key in labels and labels[key] not in values
        return lambda labels: labels.get(key) in values
    if match := _COMPARISON.fullmatch(text):
        key, value = match["key"], match["value"]
        if match["operator"] == "!=":
            return lambda labels: key in labels and labels[key] != value
        return lambda labels: labels.get(key) == value
    if match := _PRESENCE.fullmatch(text):
        key = match["key"]
        if match["absent"]:
            return lambda labels: key not in labels
        return lambda labels: key in labels
    return None
