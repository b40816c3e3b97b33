"""Tables of guides that become a list of their rows where there is no room for columns, as on a phone."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

__all__ = ["WideTables"]

_ROOM = 36
"""Characters that fit beside each other on a phone, without the space between columns."""


class WideTables(SphinxPostTransform):
    """Mark tables that are too wide for a phone, and repeat the head of its column in each of their cells.

    The style sheet shows these heads on narrow screens only.
    """

    default_priority = 900  # after all links are resolved

    def run(self, **kwargs: Any) -> None:
        for table in list(self.document.findall(nodes.table)):
            heads = [entry.astext() for row in table.findall(nodes.thead) for entry in row.findall(nodes.entry)]
            if "of-code" in table["classes"] or not heads or minimum(table) <= _ROOM:
                continue
            table["classes"].append("wide")
            for body in table.findall(nodes.tbody):
                for row in body.findall(nodes.row):
                    for head, entry in list(zip(heads, row.children, strict=True))[1:]:
                        if entry.astext().strip() and head:
                            entry.insert(0, nodes.paragraph("", head, classes=["cell-head"]))


def minimum(table: nodes.table) -> int:
    """Return the number of characters of the longest words of all columns: a table can't be narrower."""
    rows = [[_longest_word(entry) for entry in row.children] for row in table.findall(nodes.row)]
    return sum(map(max, zip(*rows, strict=True)))


def _longest_word(entry: nodes.Node) -> int:
    words = [word for text in entry.findall(nodes.Text) for word in _words(text)]
    return max(map(len, words), default=0)


def _words(text: nodes.Text) -> list[str]:
    code = isinstance(text.parent, nodes.literal)  # is not broken
    return [text.astext()] if code else text.astext().split()
