"""Parsing of label selectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .labels import LabelValidator

__all__ = ["SelectorOperator", "SelectorTerm", "parse_selector"]

SelectorOperator = Literal["exists", "absent", "in", "notin"]

# A selector embeds the patterns of the validator, so the anchor at their end must go.
_KEY = LabelValidator.KEY_REGEX.pattern.removesuffix(r"\Z")
_VALUE = LabelValidator.VALUE_REGEX.pattern.removesuffix(r"\Z")
_is_value = LabelValidator.VALUE_REGEX.fullmatch

_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<operator>(?:not)?in)\s*\((?P<values>[^()]*)\)")
_COMPARISON = re.compile(rf"(?P<key>{_KEY})\s*(?P<operator>==|!=|=)\s*(?P<value>{_VALUE})")
_PRESENCE = re.compile(rf"(?P<absent>!)?\s*(?P<key>{_KEY})")
_SEPARATOR = re.compile(r"[(),]")


class SelectorTerm(NamedTuple):
    """One condition of a label selector; a resource must meet all of them."""

    key: str
    """Key of the label."""
    operator: SelectorOperator
    """Condition: ``exists``, ``absent``, ``in`` (also for ``=`` and ``==``) or ``notin`` (also for ``!=``)."""
    values: frozenset[str]
    """Values of ``in`` and ``notin``; empty for the others."""

    @property
    def is_positive(self) -> bool:
        """True if the term asks for a label, False if it only excludes resources that have one."""
        return self.operator in ("exists", "in")


def parse_selector(text: str) -> list[SelectorTerm]:
    """Return the terms of a selector such as ``env=prod,!old,tier in (web,db)``; none for an empty one.

    :param text: Label selector
    :raises ValueError: if a term is invalid; its message is the term
    """
    return [_term(part.strip()) for part in _split(text)]


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


def _term(text: str) -> SelectorTerm:
    if match := _SET.fullmatch(text):
        values = frozenset(value.strip() for value in match["values"].split(","))
        if all(map(_is_value, values)):
            return SelectorTerm(match["key"], "in" if match["operator"] == "in" else "notin", values)
    elif match := _COMPARISON.fullmatch(text):
        operator: SelectorOperator = "notin" if match["operator"] == "!=" else "in"
        return SelectorTerm(match["key"], operator, frozenset({match["value"]}))
    elif match := _PRESENCE.fullmatch(text):
        return SelectorTerm(match["key"], "absent" if match["absent"] else "exists", frozenset())
    raise ValueError(text)
