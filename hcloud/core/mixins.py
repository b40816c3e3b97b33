"""Mixins of records."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["DomainIdentityMixin", "Received"]


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
        is_id = record.id is not None and text.isascii() and text.isdecimal() and record.id == int(text)
        return is_id or (record.name is not None and record.name == text)


class Received:
    """Mixin of the records that only the API makes: fields that it always sends are never None on them.

    Type checkers tell them from other records by this class; see ``Field.__get__``.
    """
