"""Labels and label selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..helpers import LabelValidator
from .error_responses import invalid

__all__ = ["check_labels", "parse_selector"]

# What they end with has no place in the middle of a selector.
_KEY, _VALUE = (each.pattern.removesuffix(r"\Z") for each in (LabelValidator.KEY_REGEX, LabelValidator.VALUE_REGEX))
_is_value = LabelValidator.VALUE_REGEX.fullmatch

_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<negated>not)?in\s*\((?P<values>[^()]*)\)")
_COMPARISON = re.compile(rf"(?P<key>{_KEY})\s*(?P<operator>==|!=|=)\s*(?P<value>{_VALUE})")
_PRESENCE = re.compile(rf"(?P<absent>!)?\s*(?P<key>{_KEY})")

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]


def check_labels(labels: object) -> list[str]:
    """What is wrong with a value given as labels; nothing if it is fine."""
    if not isinstance(labels, dict):
        return ["must be an object of strings"]
    said = []
    for key, value in labels.items():
        if key.startswith("hetzner.cloud/"):
            said.append(f"label key '{key}' uses the reserved prefix hetzner.cloud/")
        elif not LabelValidator.KEY_REGEX.fullmatch(key):
            said.append(f"label key '{key}' is not valid")
        if not isinstance(value, str) or not _is_value(value):
            said.append(f"value of label '{key}' is not valid")
    return said


def parse_selector(text: str, field: str = "label_selector") -> Selector:
    """A predicate on labels from a selector such as ``env=prod,!old,tier in (web,db)``.

    :raises ErrorResponse: ``invalid_input`` on ``field`` when it does not parse.
    """
    terms: list[Selector] = []
    for part in _split(text):
        term = _term(part.strip())
        if term is None:
            raise invalid(field, f"'{part.strip()}' is not a valid label selector")
        terms.append(term)
    return terms[0] if len(terms) == 1 else lambda labels: all(term(labels) for term in terms)


def _split(text: str) -> list[str]:
    """The terms of a selector: parted by commas outside parentheses."""
    if not text.strip():
        return []
    return re.split(r",(?![^()]*\))", text)


def _term(text: str) -> Selector | None:
    if found := _SET.fullmatch(text):
        key = found["key"]
        values = {value.strip() for value in found["values"].split(",")}
        if not all(map(_is_value, values)):
            return None
        if found["negated"]:
            return lambda labels: labels.get(key) not in values
        return lambda labels: labels.get(key) in values
    if found := _COMPARISON.fullmatch(text):
        key, value = found["key"], found["value"]
        if found["operator"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _PRESENCE.fullmatch(text):
        key = found["key"]
        if found["absent"]:
            return lambda labels: key not in labels
        return lambda labels: key in labels
    return None
