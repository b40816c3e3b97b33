"""Routing: from the path of a request to the operations of the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from urllib.parse import unquote

from .resource import FakeResource, Operation
from .resources import resources

__all__ = ["RouteNode", "Router", "path_pattern", "router", "starts_with"]


class RouteNode:
    """A node in the tree of paths.

    Its operations are kept by HTTP method. ``parameter`` is the child for a path parameter.
    """

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.children: dict[str, RouteNode] = {}
        self.parameter: RouteNode | None = None


class Router:
    """Tree of the segments of all paths; a literal segment takes precedence over a path parameter.

    :raises ValueError: if two operations have the same method and path
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = RouteNode()
        self.operations: list[Operation] = list(operations)
        self.commands: frozenset[str] = frozenset(
            command for operation in self.operations for command in operation.starts
        )
        """Commands of all actions that the operations can start."""
        for operation in self.operations:
            route = self._root
            for segment in operation.path.strip("/").split("/"):
                if segment.startswith("{"):
                    route.parameter = route.parameter or RouteNode()
                    route = route.parameter
                else:
                    route = route.children.setdefault(segment, RouteNode())
            if operation.method in route.operations:
                raise ValueError(f"two operations at {operation.method} {operation.path}")
            route.operations[operation.method] = operation

    def find(self, path: str) -> tuple[RouteNode, list[str]] | None:
        """Return the node of a path and the values of its parameters; ``None`` if there is no such path."""
        route, values = self._root, []
        for segment in path[1:].split("/"):
            child = route.children.get(segment)
            if child is None:
                if route.parameter is None or not segment:
                    return None
                values.append(unquote(segment))
                child = route.parameter
            route = child
        return (route, values) if route.operations else None

    def can_match(self, method: str | None, path: str | None) -> bool:
        """Return True if there is an operation with a method, and a path that starts with a pattern.

        :param path: Start of the path; ``*`` stands for any part of a segment; ``None`` for any path
        """
        operations = (operation for operation in self.operations if method in (None, operation.method))
        return any(path is None or starts_with(operation.path, path) for operation in operations)


def path_pattern(path: str) -> str:
    """Return the regular expression for a path in which ``*`` stands for any characters except slashes."""
    return "[^/]*".join(map(re.escape, path.split("*")))


def starts_with(path: str, pattern: str) -> bool:
    """Return True if some request to a path starts with a pattern.

    :param path: Path with ``{…}`` for path parameters; ``{…_id}`` stands for a number
    :param pattern: Path in which ``*`` stands for any part of a segment
    """
    segments, patterns = path.split("/"), pattern.split("/")
    last = len(patterns) - 1
    if last >= len(segments):
        return False
    for index, (segment, part) in enumerate(zip(segments, patterns, strict=False)):
        if not part and 0 < index < last:
            return False
        if segment.endswith("_id}"):
            matches = re.fullmatch(r"[0-9*]*", part) is not None
        elif segment.startswith("{"):
            matches = True
        else:
            match = re.match if index == last else re.fullmatch
            matches = match(path_pattern(part), segment) is not None
        if not matches:
            return False
    return True


@cache
def router(resource_classes: Callable[[], Iterable[type[FakeResource]]] = resources) -> Router:
    """Return the router of all operations of a cloud.

    :param resource_classes: Function that returns the classes of its resources
    """
    return Router(operation for cls in resource_classes() for operation in cls.operations)
