"""Times in ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from .._exceptions import InvalidArgumentError

__all__ = ["format_time", "parse_time", "with_time"]

_LEAP_SECOND = r"(.+[T ]\d\d(:?)\d\d\2)60(?!\d)(.*)"  # compiled when a time is malformed, not during the import


@lru_cache(maxsize=1_000)  # linked resources such as images repeat theirs in each object
def parse_time(text: str) -> datetime:
    """Parse a time in ISO 8601; a leap second is read as the second after it.

    :raises ValueError: if it is malformed
    :raises OverflowError: if it is before the year 1 or after 9999, in its own zone or in UTC
    """
    try:
        # Parses everything that the API sends, in a thirtieth of the time of dateutil and without its import.
        moment = datetime.fromisoformat(text)
    except ValueError:
        leap_second = re.fullmatch(_LEAP_SECOND, text, re.DOTALL)
        if leap_second is not None:
            return parse_time(f"{leap_second[1]}59{leap_second[3]}") + timedelta(seconds=1)
        from dateutil.parser import isoparse

        moment = isoparse(text)
    if moment.year in (1, 9999) and moment.tzinfo is not None:
        moment.astimezone(UTC)  # a later conversion to another zone would fail in the caller's code
    return moment


def format_time(moment: date) -> str:
    """Format ``moment`` in ISO 8601; a datetime without zone is local time.

    :raises InvalidArgumentError: if it is before the year 1 or after 9999 in UTC
    """
    if not isinstance(moment, datetime):
        return moment.isoformat()
    try:
        return moment.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        raise InvalidArgumentError(f"{moment} can't be converted to UTC; nothing was sent") from None


def with_time(moment: datetime | str) -> datetime | str:
    """Return ``moment``, with midnight added to a text that is only a date."""
    return f"{moment}T00:00:00" if isinstance(moment, str) and len(moment) == len("2026-01-01") else moment
