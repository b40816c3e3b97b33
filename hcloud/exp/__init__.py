"""What may still change from one version to the next."""

from __future__ import annotations

__all__: list[str] = []
