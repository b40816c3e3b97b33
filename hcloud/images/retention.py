"""Rules for the snapshots that a rotation keeps: a pure function of their times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from .._exceptions import InvalidArgumentError
from ..core.references import as_integer

__all__ = ["Keep"]

_PERIODS: dict[str, Callable[[datetime], object]] = {
    "hourly": lambda time: (time.date(), time.hour),
    "daily": lambda time: time.date(),
    "weekly": lambda time: time.isocalendar()[:2],
    "monthly": lambda time: (time.year, time.month),
    "yearly": lambda time: time.year,
}
"""Function for each rule that returns the period that a time is in."""


class Keep:
    """Snapshots that a rotation keeps. A snapshot stays if one of the rules keeps it.

    ``daily=7`` keeps the newest snapshot of each of the seven latest days with a snapshot, and so on. Days without a
    snapshot do not count. All periods are in UTC, and weeks begin on Monday.
    """

    __slots__ = ("daily", "hourly", "last", "monthly", "weekly", "yearly")

    def __init__(
        self, *, last: int = 0, hourly: int = 0, daily: int = 0, weekly: int = 0, monthly: int = 0, yearly: int = 0
    ) -> None:
        """
        :param last: Number of snapshots to keep, whatever their times
        :param hourly: Number of hours of which to keep the newest snapshot
        :param daily: Number of days of which to keep the newest snapshot
        :param weekly: Number of weeks of which to keep the newest snapshot
        :param monthly: Number of months of which to keep the newest snapshot
        :param yearly: Number of years of which to keep the newest snapshot
        :raises InvalidArgumentError: if a number is negative or no integer, or if all are zero
        """
        self.last: int = _count("last", last)
        self.hourly: int = _count("hourly", hourly)
        self.daily: int = _count("daily", daily)
        self.weekly: int = _count("weekly", weekly)
        self.monthly: int = _count("monthly", monthly)
        self.yearly: int = _count("yearly", yearly)
        if not any(self._counts()):
            raise InvalidArgumentError("Keep() must keep something, such as Keep(daily=7, weekly=4); nothing was sent")

    @classmethod
    def parse(cls, keep: Keep | int) -> Keep:
        """Return an argument ``keep`` as rules: a number is the number of snapshots.

        :param keep: Rules, or a number of snapshots, at least 1
        :raises InvalidArgumentError: if it is neither
        """
        if isinstance(keep, Keep):
            return keep
        count = as_integer(keep)
        if count is None or count < 1:
            raise InvalidArgumentError(
                f"keep must be a number of snapshots, at least 1, or Keep(…), not {keep!r}; nothing was sent"
            )
        return cls(last=count)

    def select(self, times: Sequence[datetime]) -> list[bool]:
        """Return for each time if the snapshot of that time stays; the newest one always does.

        Of equal times, the later one in the list counts as newer.

        :param times: Times of creation in any order; one without a time zone is in UTC
        """
        in_utc = [time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC) for time in times]
        newest_first = sorted(range(len(in_utc)), key=lambda index: (in_utc[index], index), reverse=True)
        kept = set(newest_first[: max(self.last, 1)])
        for rule, period in _PERIODS.items():
            count = getattr(self, rule)
            periods: set[object] = set()
            for index in newest_first:
                current = period(in_utc[index])
                if len(periods) < count and current not in periods:
                    periods.add(current)
                    kept.add(index)
        return [index in kept for index in range(len(in_utc))]

    def _counts(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> Any:
        return self._counts() == other._counts() if isinstance(other, Keep) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._counts())

    def __repr__(self) -> str:
        rules = [f"{name}={count}" for name in ("last", *_PERIODS) if (count := getattr(self, name))]
        return f"Keep({', '.join(rules)})"


def _count(name: str, value: Any) -> int:
    count = as_integer(value)
    if count is None or count < 0:
        raise InvalidArgumentError(f"{name} must be a number of snapshots, 0 or more, not {value!r}; nothing was sent")
    return count
