"""Validation of labels, and label selectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from ..helpers import LabelValidator
from ..helpers.selectors import SelectorTerm
from ..helpers.selectors import parse_selector as parse_terms
from .error_responses import invalid

__all__ = ["check_labels", "parse_selector"]

_is_value = LabelValidator.VALUE_REGEX.fullmatch

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
    try:
        terms = [_condition(term) for term in parse_terms(text)]
    except ValueError as error:
        raise invalid(field, f"'{error}' is not a valid label selector") from None
    return terms[0] if len(terms) == 1 else lambda labels: all(term(labels) for term in terms)


def _condition(term: SelectorTerm) -> Selector:
    key, operator, values = term
    if operator == "in":
        return lambda labels: labels.get(key) in values
    if operator == "notin":
        return lambda labels: key in labels and labels[key] not in values
    if operator == "absent":
        return lambda labels: key not in labels
    return lambda labels: key in labels
