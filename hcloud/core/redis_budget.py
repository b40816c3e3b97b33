"""Count of a rate limit in Redis or Valkey, which programs on many hosts share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from copy import copy
from hashlib import sha1
from importlib import import_module
from random import random
from typing import Any

from .._exceptions import InvalidArgumentError
from .buckets import Reservation
from .sharing import LimitScope, SharedBudget

__all__ = ["RedisBudget"]

_SCRIPT = """
-- The methods of TokenBucket and SlidingWindow, with the time of this server. A hash holds the counts, and the times of
-- a sliding window in fields that are numbers.
local key, method, burst = KEYS[1], ARGV[1], tonumber(ARGV[2])
local names = {'limit', 'remaining', 'refilled_at', 'used_at', 'blocked_until', 'resets_at', 'delay', 'rejections',
    'rejected', 'turns', 'waiting', 'in_flight', 'completed', 'first', 'next'}
local defaults = {rejected = -2}
local s, values, time = {}, redis.call('HMGET', key, unpack(names)), redis.call('TIME')
local now = time[1] + time[2] / 1e6
local function start_anew()
    redis.call('DEL', key)
    for _, name in ipairs(names) do s[name] = defaults[name] or 0 end
end
local is_plausible = true -- false for numbers that no count can have, and if the clock was set back
for i, name in ipairs(names) do
    s[name] = tonumber(values[i] or defaults[name] or 0) or 1e99
    is_plausible = is_plausible and math.abs(s[name]) < 1e15
    if name ~= 'remaining' and name ~= 'rejected' then is_plausible = is_plausible and s[name] >= 0 end
end
is_plausible = is_plausible and math.abs(s.remaining) < 1e9 and s.in_flight + s.waiting < 1e9
    and s.first % 1 == 0 and s.next % 1 == 0 and s.first <= s.next and s.next - s.first < 1e6
    and s.used_at <= now + 3600 and s.refilled_at <= s.used_at
    and math.max(s.blocked_until, s.resets_at) <= s.used_at + 3600
if not is_plausible then start_anew() end
now = math.max(now, s.used_at)

local function text(value) return string.format('%.17g', value) end
local function sent(i)
    local due = tonumber(redis.call('HGET', key, string.format('%d', i)) or '') or 0
    return due < now + 1e9 and due or 0
end
local function put(i, due) redis.call('HSET', key, string.format('%d', i), text(due)) end

if burst == 0 and s.limit > 0 then
    s.remaining = math.min(s.limit, s.remaining + (now - s.refilled_at) * s.limit / 3600)
    s.refilled_at = now
end
if math.floor(s.used_at / 600) ~= math.floor(now / 600) then
    s.in_flight = 0
    if now >= s.blocked_until then
        local scheduled = math.max(0, math.ceil(-s.remaining))
        if burst > 0 then
            scheduled = 0
            while s.next - scheduled > s.first and sent(s.next - scheduled - 1) > now do scheduled = scheduled + 1 end
        end
        s.waiting = math.min(s.waiting, scheduled)
    end
end
s.used_at = now

local function take_token()
    if s.limit == 0 then return s.blocked_until end
    if s.turns > 0 and s.completed ~= s.rejected then
        if s.remaining < 1 then s.remaining = s.remaining - s.turns end
        s.turns = 0
    end
    s.remaining = s.remaining - 1
    return math.max(s.blocked_until, now - s.remaining * 3600 / s.limit)
end

local function take_time()
    while s.first < s.next and sent(s.first) <= now - 3600 do
        redis.call('HDEL', key, string.format('%d', s.first))
        s.first = s.first + 1
    end
    s.remaining = s.remaining - 1
    local count = s.next - s.first
    local due = math.max(now, s.blocked_until)
    if count > 0 then due = math.max(due, sent(s.next - 1)) end
    if count >= burst then due = math.max(due, sent(s.next - burst) + 60) end
    if s.limit > 0 and s.remaining < 0 then
        local position, room = math.floor(-s.remaining) - 1, s.resets_at
        if room > now and position > 0 and position < count then
            room = math.max(room, sent(s.first + position) + 3600)
        end
        due = math.max(due, room)
    end
    put(s.next, due)
    s.next = s.next + 1
    return due
end

local function give_back(due)
    s.remaining = s.remaining + 1
    if burst == 0 then return end
    local i = s.next - 1
    while i >= s.first and sent(i) > due do i = i - 1 end
    if i < s.first or sent(i) ~= due then return end
    for later = i + 1, s.next - 1 do put(later - 1, sent(later)) end
    s.next = s.next - 1
    redis.call('HDEL', key, string.format('%d', s.next))
end

local wait, due, delay, completed = unpack(ARGV, 3)
wait, due, delay, completed = tonumber(wait or 0), tonumber(due or 0), tonumber(delay or 0), tonumber(completed or 0)
local result
if method == 'reserve' then
    due = burst == 0 and take_token() or take_time()
    if due > now then s.waiting = s.waiting + 1 else s.in_flight = s.in_flight + 1 end
    result = {math.max(0, due - now), due, s.delay, s.completed}
elseif method == 'resume' then
    if s.delay > delay then
        result = {s.delay - delay, due, s.delay, completed}
    else
        s.waiting, s.in_flight = math.max(0, s.waiting - 1), s.in_flight + 1
        result = {0, due, delay, s.completed}
    end
elseif method == 'release' then
    s.waiting = math.max(0, s.waiting - 1)
    give_back(due)
elseif method == 'observe' then
    local limit, remaining, until_reset = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
    s.in_flight = math.max(0, s.in_flight - 1)
    local lower_bound = remaining - s.waiting - s.in_flight - math.max(0, s.completed - completed)
    s.completed = s.completed + 1
    if limit > 0 then
        if burst > 0 then
            s.remaining = remaining - s.in_flight - s.waiting
            s.resets_at = now + math.max(0, math.min(until_reset, 3600))
        elseif s.limit ~= limit then
            s.remaining, s.refilled_at = lower_bound, now
        else
            s.remaining = math.min(math.max(s.remaining, lower_bound), remaining)
        end
        s.limit = limit
    end
elseif method == 'block' then
    local seconds, chance = tonumber(ARGV[7]), tonumber(ARGV[8])
    if completed >= s.rejected then
        s.rejections = s.completed == s.rejected + 1 and s.rejections + 1 or 0
    end
    s.rejected = s.completed
    if s.rejections > 0 then
        local base = math.min(math.max(seconds, 0.1), 1)
        seconds = seconds + math.min(2 * base, base * 2 ^ (s.rejections - 1)) * (1 + chance) / 2
    end
    local blocked_until = now + math.min(seconds, 3600)
    delay = math.max(0, blocked_until - math.max(now, s.blocked_until))
    s.delay = s.delay + delay
    if burst == 0 and s.limit > 0 then
        local rate = s.limit / 3600
        s.turns = math.min(s.rejections + 1, 16, math.floor(60 * rate))
        s.remaining = math.min(s.remaining + 1 - delay * rate, 1 - (blocked_until - now) * rate)
    end
    s.blocked_until = math.max(blocked_until, s.blocked_until)
    result = {seconds}
end

local stored = {}
for i, name in ipairs(names) do
    stored[2 * i - 1], stored[2 * i] = name, text(s[name])
end
redis.call('HSET', key, unpack(stored))
redis.call('EXPIRE', key, 7200)
if not result then return {} end
for i, value in ipairs(result) do result[i] = text(value) end
return result
"""
_SHA = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_MAX_CALL_TIME = 1.0
"""Seconds after which a call goes on without the store."""


class RedisBudget(SharedBudget):
    """Count in Redis 5 or newer, or Valkey, shared by all programs that use the same server.

    A hash for each token holds the counts, under a key that does not reveal the token; it expires after two hours
    without a request. The time is that of the server. Calls of a :class:`redis.Redis` use connections of their own
    with the settings of the client, no retries, and timeouts of a second at most. While the server is away, clients
    count alone; they try again after half a second, and after up to a minute if it stays away. Another client with
    these methods, such as a ``RedisCluster`` or one of Sentinel, is used as it is: create it with timeouts of its own,
    as requests wait for it.

    A blocking call that Ctrl-C interrupts between the script in Redis and its result keeps its place for ten minutes at
    most, since nobody knows if it has one: giving back a place that was never taken would exceed the limit.

    :param client: Your client: a :class:`redis.Redis`, or, for an asynchronous client, a :class:`redis.asyncio.Redis`
    :param prefix: Start of the names of keys, for servers whose users may only use some
    """

    def __init__(self, client: Any, *, prefix: str = "hcloud:budget:") -> None:
        if isinstance(client, type) or not callable(getattr(client, "evalsha", None)):
            value = (
                f"the class {client.__name__}"
                if isinstance(client, type)
                else f"an object of type {type(client).__name__}"
            )
            raise InvalidArgumentError(f"client must be a redis.Redis or a redis.asyncio.Redis, not {value}")
        if not isinstance(prefix, str):
            raise InvalidArgumentError(f"prefix must be a text, not {prefix!r}")
        self.is_async: bool = any(".asyncio" in base.__module__ for base in type(client).__mro__)
        self._client = client if self.is_async else _impatient(client)
        self._prefix = prefix

    def __repr__(self) -> str:
        cls = type(self._client)
        return f"{type(self).__name__}({cls.__module__.removesuffix('.client')}.{cls.__name__})"

    async def reserve(self, scope: LimitScope, now: float) -> Reservation:
        return await self._reserve(scope, "reserve")

    async def resume(self, scope: LimitScope, now: float, reservation: Reservation) -> Reservation:
        return await self._reserve(scope, "resume", *reservation)

    async def release(self, scope: LimitScope, now: float, reservation: Reservation) -> None:
        await self._run(scope, "release", *reservation)

    async def observe(
        self, scope: LimitScope, now: float, reservation: Reservation, limit: int, remaining: int, until_reset: float
    ) -> None:
        await self._run(scope, "observe", *reservation, limit, remaining, until_reset)

    async def block(self, scope: LimitScope, now: float, reservation: Reservation, retry_after: float) -> float:
        (seconds,) = await self._run(scope, "block", *reservation, retry_after, random())
        return float(seconds)

    async def _reserve(self, scope: LimitScope, method: str, *arguments: float) -> Reservation:
        """Return the reservation that a call results in; a cancellation has it as ``reservation``, to be given back."""
        try:
            return _reservation(await self._run(scope, method, *arguments))
        except asyncio.CancelledError as error:
            result = getattr(error, "result", None)
            if result is not None:
                error.reservation = _reservation(result)  # type: ignore[attr-defined]
            raise

    async def _run(self, scope: LimitScope, method: str, *arguments: float) -> Any:
        """Run the script on the server; return the numbers of its result as texts."""
        values = [self._prefix + scope.key, method, scope.burst or 0, *map(repr, arguments)]
        if not self.is_async:
            return await self._evaluate(values)
        # The server may run a script whose caller is cancelled: its result is awaited, so that it can be undone.
        call = asyncio.create_task(self._evaluate_soon(values))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError as error:
            while not call.done():  # a second at most
                with suppress(asyncio.CancelledError):  # again, such as by a timeout around the one that has passed
                    await asyncio.wait([call])
            if not call.cancelled() and call.exception() is None:
                error.result = call.result()  # type: ignore[attr-defined]
            raise

    async def _evaluate_soon(self, values: list[Any]) -> Any:
        try:
            async with asyncio.timeout(_MAX_CALL_TIME):
                return await self._evaluate(values)
        except TimeoutError as error:
            raise TimeoutError(f"the server did not respond within {_MAX_CALL_TIME:g} s") from error

    async def _evaluate(self, values: list[Any]) -> Any:
        try:
            result = self._client.evalsha(_SHA, 1, *values)
            return await result if self.is_async else result
        except Exception as error:
            if type(error).__name__ != "NoScriptError":  # of the library of the client, which is not imported here
                raise
        result = self._client.eval(_SCRIPT, 1, *values)  # the server keeps the script from now on
        return await result if self.is_async else result


def _reservation(numbers: Any) -> Reservation:
    wait, due, delay, completed = map(float, numbers)
    return Reservation(wait, due, delay, int(completed))


def _impatient(client: Any) -> Any:
    """Return a client like ``client`` that fails soon; ``client`` itself if it has connections of another kind."""
    pool: Any = getattr(client, "connection_pool", None)
    if not type(pool).__name__.endswith("ConnectionPool") or "Sentinel" in type(pool).__name__:
        return client
    options = {**pool.connection_kwargs, "max_connections": pool.max_connections}
    if hasattr(pool, "timeout"):  # of a pool that waits for a free connection
        options["timeout"] = min(_MAX_CALL_TIME if pool.timeout is None else pool.timeout, _MAX_CALL_TIME)
    for name in ("socket_timeout", "socket_connect_timeout"):
        options[name] = min(options.get(name) or _MAX_CALL_TIME, _MAX_CALL_TIME)
    library = type(pool).__module__.partition(".")[0]
    if options.get("retry") is not None:
        options["retry"] = type(options["retry"])(import_module(f"{library}.backoff").NoBackoff(), 0)
    impatient = copy(client)  # its class may have a constructor of its own
    impatient.connection_pool = type(pool)(connection_class=pool.connection_class, **options)
    impatient.connection = None
    return impatient
