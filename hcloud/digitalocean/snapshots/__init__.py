"""Snapshots of droplets and volumes."""

from .client import BoundSnapshot, SnapshotsClient, SnapshotsPageResult
from .domain import Snapshot, SnapshotResourceType

__all__ = ["BoundSnapshot", "Snapshot", "SnapshotResourceType", "SnapshotsClient", "SnapshotsPageResult"]
