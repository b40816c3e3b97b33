"""Mixins of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

__all__ = ["CommonImage", "DomainIdentityMixin", "Received"]


class CommonImage:
    """Mixin of the images of all providers: what they have in common, under names that no API has.

    ``id``, ``name``, ``description`` and ``type`` have the same names everywhere.
    """

    _common: ClassVar[Mapping[str, str]]
    """Field with the value of each property below."""

    @property
    def display_name(self) -> str:
        """Name of the image, or its description if it has no name, as snapshots on the Hetzner Cloud."""
        image: Any = self
        return image.name or image.description or ""

    @property
    def creation_time(self) -> datetime | None:
        """Time of creation, UTC."""
        return cast("datetime | None", getattr(self, self._common["creation_time"]))

    @property
    def stored_gigabytes(self) -> float | None:
        """Size of the stored image, in GB; None if the provider does not state it."""
        return cast("float | None", getattr(self, self._common["stored_gigabytes"]))

    @property
    def operating_system(self) -> str:
        """Family of the operating system in lower case, such as ``debian`` or ``rocky``, or ``unknown``."""
        words = (getattr(self, self._common["operating_system"]) or "").lower().split() or ["unknown"]
        return cast("str", words[0].removesuffix("linux") or words[0])  # AlmaLinux is "alma" on the Hetzner Cloud


class DomainIdentityMixin:
    """Mixin for records that have an ID and a name."""

    @property
    def id_or_name(self) -> int | str:
        """ID if it is set, otherwise name.

        :raises ValueError: if neither is set
        """
        record: Any = self
        if record.id is not None:
            return cast("int", record.id)
        if record.name is not None:
            return cast("str", record.name)
        raise ValueError("id or name must be set")

    def has_id_or_name(self, id_or_name: int | str) -> bool:
        """Return True if ``id_or_name`` is the ID or the name of this resource; digits as a text may be either.

        :raises ValueError: if neither ID nor name is set
        """
        record: Any = self
        if record.id is None and record.name is None:
            raise ValueError("id or name must be set")
        text = str(id_or_name)
        is_id = record.id is not None and text.lstrip("0") == str(record.id)
        return is_id or (record.name is not None and record.name == text)


class Received:
    """Mixin of the records that only the API makes: fields that it always sends are never None on them.

    Type checkers tell them from other records by this class; see ``Field.__get__``.
    """
