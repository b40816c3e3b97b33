"""Snapshots of a cloud in memory, by pickle."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import FakeAPI

__all__ = ["dump_state", "load_state"]

# The state refers to its cloud in many places. The cloud itself is not part of the snapshot: a persistent ID stands for
# it, so that a snapshot can be restored into another cloud.
_CLOUD = "cloud"


def dump_state(cloud: FakeAPI, state: dict[str, Any]) -> bytes:
    """Pickle the state of a cloud, without the cloud itself."""
    buffer = io.BytesIO()
    _Pickler(buffer, cloud).dump(state)
    return buffer.getvalue()


def load_state(cloud: FakeAPI, snapshot: bytes) -> dict[str, Any]:
    """Unpickle the state that :func:`dump_state` pickled; it refers to ``cloud`` instead of its former cloud."""
    state: dict[str, Any] = _Unpickler(io.BytesIO(snapshot), cloud).load()
    return state


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, cloud: FakeAPI) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._cloud = cloud

    def persistent_id(self, value: Any) -> str | None:
        return _CLOUD if value is self._cloud else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, cloud: FakeAPI) -> None:
        super().__init__(file)
        self._cloud = cloud

    def persistent_load(self, name: Any) -> FakeAPI:
        return self._cloud
