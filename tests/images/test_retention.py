"""Rules for the snapshots that a rotation keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcloud
from hcloud import InvalidArgumentError
from hcloud.images import Keep

RULES = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday


def select(keep: Keep, times: list[datetime]) -> list[datetime]:
    return [time for time, is_kept in zip(times, keep.select(times), strict=True) if is_kept]


def days(*numbers: float) -> list[datetime]:
    """Return the times at noon so many days ago."""
    return [NOON - timedelta(days=number) for number in numbers]


def test_is_public() -> None:
    assert hcloud.Keep is Keep


def test_a_number_keeps_the_newest() -> None:
    assert select(Keep.parse(2), days(3, 0, 1, 2)) == days(0, 1)
    assert select(Keep.parse(5), days(3, 0, 1, 2)) == days(3, 0, 1, 2)
    assert Keep.parse(2) == Keep(last=2) != Keep(last=3)
    assert Keep.parse(Keep(daily=1)) == Keep(daily=1)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (Keep(hourly=3), days(0, 0.1, 1)),
        (Keep(daily=3), days(0, 1, 2)),
        (Keep(weekly=3), days(0, 5, 12)),  # Friday, and the Sundays before
        (Keep(monthly=3), days(0, 27, 80)),
        (Keep(yearly=3), days(0, 400)),
        (Keep(daily=2, monthly=2), days(0, 1, 27)),
        (Keep(last=2, yearly=1), days(0, 0.1)),
        (Keep(last=1, hourly=1, daily=1, weekly=1, monthly=1, yearly=1), days(0)),
    ],
)
def test_each_rule_keeps_the_newest_of_its_periods(keep: Keep, kept: list[datetime]) -> None:
    assert select(keep, days(400, 80, 27, 13, 12, 6, 5, 2, 1, 0.1, 0)) == kept[::-1]


def test_periods_are_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    times = [datetime(2026, 11, 27, 8, tzinfo=tokyo), datetime(2026, 11, 27, 10, tzinfo=tokyo)]
    assert Keep(daily=2).select(times) == [True, True], "they are on two days in UTC"
    assert Keep(daily=2).select([time.astimezone(UTC).replace(tzinfo=None) for time in times]) == [True, True]
    assert Keep(weekly=2).select([datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)]) == [
        False,
        True,
    ], "one week"


def test_of_equal_times_the_later_one_is_newer() -> None:
    assert Keep(last=2).select([NOON, NOON, NOON]) == [False, True, True]
    assert Keep(daily=5).select([NOON, NOON]) == [False, True]


def test_no_times() -> None:
    assert Keep(daily=1).select([]) == []


@pytest.mark.parametrize("keep", [0, -1, True, False, None, "3", 2.0, [], {"daily": 1}, Keep])
def test_invalid_keep(keep: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="keep must be a number of snapshots, at least 1"):
        Keep.parse(keep)


@pytest.mark.parametrize(
    "arguments", [{rule: value} for rule in RULES for value in (-1, True, None, "1", 1.0)], ids=str
)
def test_invalid_rules(arguments: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{next(iter(arguments))} must be a number of snapshots, 0 or more"):
        Keep(**arguments)


def test_rules_that_keep_nothing() -> None:
    for create in (Keep, lambda: Keep(daily=0, last=0)):
        with pytest.raises(InvalidArgumentError, match="must keep something"):
            create()
    with pytest.raises(TypeError):
        Keep(7)  # type: ignore[misc]


def test_rules_are_values() -> None:
    keep = Keep(weekly=4, daily=7)
    assert repr(keep) == "Keep(daily=7, weekly=4)"
    assert keep == Keep(daily=7, weekly=4) != Keep(daily=4, weekly=7)
    assert hash(keep) == hash(Keep(daily=7, weekly=4))
    assert keep != 7


# Properties

rules = st.dictionaries(st.sampled_from(RULES), st.integers(1, 5), min_size=1).map(lambda counts: Keep(**counts))
hours = st.integers(0, 24 * 800).map(lambda count: NOON - timedelta(hours=count))
minutes = st.integers(0, 60 * 24 * 365 * 5).map(lambda count: NOON - timedelta(minutes=count))
times_of_snapshots = st.lists(st.one_of(hours, minutes))
distinct_times = times_of_snapshots.map(lambda times: list(dict.fromkeys(times)))

PERIODS: dict[str, Callable[[datetime], object]] = {
    "last": lambda time: time,
    "hourly": lambda time: time.strftime("%Y-%m-%d %H"),
    "daily": lambda time: time.strftime("%Y-%m-%d"),
    "weekly": lambda time: time.strftime("%G-%V"),
    "monthly": lambda time: time.strftime("%Y-%m"),
    "yearly": lambda time: time.strftime("%Y"),
}


@given(rules, distinct_times)
def test_never_leaves_fewer_than_asked(keep: Keep, times: list[datetime]) -> None:
    kept = set(select(keep, times))
    for rule, period in PERIODS.items():
        periods = sorted({str(period(time)) for time in times})[::-1][: getattr(keep, rule)]
        newest = {max(time for time in times if str(period(time)) == current) for current in periods}
        assert newest <= kept, rule


@given(rules, distinct_times)
def test_keeps_nothing_but_what_a_rule_asks_for(keep: Keep, times: list[datetime]) -> None:
    assert len(select(keep, times)) <= max(1, sum(getattr(keep, rule) for rule in RULES))


@given(rules, times_of_snapshots.filter(bool))
def test_never_deletes_the_newest(keep: Keep, times: list[datetime]) -> None:
    assert max(times) in select(keep, times)


@given(rules, distinct_times, st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order(keep: Keep, times: list[datetime], random: Any) -> None:
    shuffled = random.sample(times, len(times))
    assert set(select(keep, shuffled)) == set(select(keep, times))


@given(rules, times_of_snapshots)
def test_the_second_time_deletes_nothing(keep: Keep, times: list[datetime]) -> None:
    kept = select(keep, times)
    assert select(keep, kept) == kept


@given(rules, rules, distinct_times)
def test_more_rules_keep_more(keep: Keep, other: Keep, times: list[datetime]) -> None:
    both = Keep(**{rule: max(getattr(keep, rule), getattr(other, rule)) for rule in RULES})
    assert set(select(keep, times)) | set(select(other, times)) <= set(select(both, times))


@given(rules, distinct_times)
def test_rotating_often_keeps_what_rotating_once_does(keep: Keep, times: list[datetime]) -> None:
    """What is deleted today is not missed tomorrow."""
    kept: list[datetime] = []
    for time in sorted(times):
        kept = select(keep, [*kept, time])
    assert kept == select(keep, sorted(times))
