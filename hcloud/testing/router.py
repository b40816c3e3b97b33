"""Which operation a method and a path mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from urllib.parse import unquote

from .resource import FakeResource, Operation
from .resources import resources

__all__ = ["RouteNode", "Router", "router"]


class RouteNode:
    """A path of the API: its operations by method."""

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.children: dict[str, RouteNode] = {}
        self.parameter: RouteNode | None = None


class Router:
    """Paths as a tree of their segments; a segment spelled out goes before a parameter."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = RouteNode()
        self.operations: list[Operation] = list(operations)
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
        """The route of a path and the values of its parameters."""
        route, values = self._root, []
        for segment in path[1:].split("/"):
            below = route.children.get(segment)
            if below is None:
                if route.parameter is None or not segment:
                    return None
                values.append(unquote(segment))
                below = route.parameter
            route = below
        return (route, values) if route.operations else None


@cache
def router(kinds: Callable[[], Iterable[type[FakeResource]]] = resources) -> Router:
    """The routes of all resources of a cloud."""
    return Router(operation for kind in kinds() for operation in kind.operations)
