"""Base classes of resource clients and bound models: listing, lazy loading, reloading, waiting for a condition."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from .._exceptions import FetchWarning, HCloudException, InvalidArgumentError, NotFetchedError
from .batches import Batch, ThreadLock
from .coroutines import blocking, blocking_iterator, result_of, run
from .domain import NO_CLIENT, BaseDomain, Meta, _set, hashable
from .fields import Field, register
from .paging import Pages, ReadAhead, ThreadsAhead
from .stale import Renewable, tick
from .warn import warn_caller

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from .connection import Connection
    from .provider import Provider

__all__ = ["BoundModelBase", "ClientEntityBase", "ResourceClientBase"]

T = TypeVar("T")
Domain = TypeVar("Domain", bound=BaseDomain)


class ResourceClientBase:
    """Base of the clients of resources: methods of one resource, sent through a connection of the main client."""

    max_per_page: int = 50
    """Maximum number of entries that the API returns on a page."""

    _base_url: ClassVar[str]
    _connection_name: ClassVar[str] = "_client"
    """Attribute of the main client that holds the connection to the API of this resource."""
    _complete_listing: ClassVar[Mapping[str, Any]] = {}
    """Query parameters that make a listing complete."""

    _is_async: ClassVar[bool] = False  # looking up a missing attribute would take five times as long
    _read_ahead_class: ClassVar[type[ReadAhead]] = ThreadsAhead

    _parent: Any
    _client: Connection

    def __init__(self, client: Provider) -> None:
        """
        :param client: Main client that this one belongs to
        """
        self._parent = client
        self._client = getattr(client, self._connection_name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._parent!r}>"

    if not TYPE_CHECKING:  # otherwise type checkers would accept a loop over the client

        def __getitem__(self, key: object) -> Any:
            """Raise a TypeError that names the methods to use.

            A loop calls this method with 0: there is no ``__iter__``, as it would make the client an ``Iterable``.
            """
            is_loop = key.__class__ is int and key == 0
            listing, single = ("iter", "get_all", "get_list"), ("get", "get_by_id", "get_by_name")
            candidates = (*listing, *single) if is_loop else (*single, *listing)
            methods = [f".{name}()" for name in candidates if hasattr(type(self), name)]
            problem = "is not iterable, and has no items" if is_loop else "has no items"
            raise TypeError(f"{type(self).__name__!r} object {problem}: use {' or '.join(methods[:2])}")

    @property
    def _name_on_client(self) -> str:
        """Expression for this client of a resource, such as ``client.images``: its folder has the name."""
        cls = next((cls for cls in type(self).__mro__ if "_base_url" in vars(cls)), type(self))
        return f"client.{cls.__module__.split('.')[-2]}"

    def _read_meta(self, response: Mapping[str, Any]) -> Meta:
        return Meta.parse_meta(response)

    @property
    def _workers(self) -> int:
        workers = getattr(self._parent, "_parallel_pages", 1)
        return workers if isinstance(workers, int) else 1  # the main client may be a mock

    def _page_fetcher(
        self, list_function: Callable[..., Any], args: tuple[Any, ...], filters: Mapping[str, Any]
    ) -> Any:
        """Return a function that fetches the page with a given number."""
        query: dict[str, Any] = {"per_page": self.max_per_page}
        required = getattr(getattr(list_function, "__endpoint__", None), "required", ())
        for key, value in filters.items():
            if value is not None or key in required:  # an iterator would be exhausted by the first page
                query[key] = list(value) if isinstance(value, Iterator) else value
        return lambda page: list_function(*args, page=page, **query)

    @blocking
    async def _iter_pages(self, list_function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Return the entries of all pages of ``list_function``, in order and without duplicates."""
        fetch = self._page_fetcher(list_function, args, kwargs)
        entries: dict[Any, Any] = {}
        async with Pages(fetch, _key_of, self._workers, self._read_ahead_class, everything=True) as pages:
            async for page in pages:
                if page.is_only:
                    return list(page.entries)
                # An entry keeps its first position. The last version is kept, as it is the newest.
                entries.update(zip(page.keys, page.entries, strict=True))
        merged = list(entries.values())
        if merged and isinstance(merged[0], BaseDomain) and merged[0]._batch is not None:
            merged[0]._batch.merge(merged[1:])
            merged[0]._batch.remember(self)
        return merged

    @blocking_iterator
    async def _stream_pages(
        self, list_function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[list[Any], None]:
        """Iterate over the entries of all pages of ``list_function`` without duplicates; one page is kept in memory."""
        fetch = self._page_fetcher(list_function, args, kwargs)
        batch: Batch | None = None
        async with Pages(fetch, _key_of, self._workers, self._read_ahead_class, everything=False) as pages:
            async for page in pages:
                entries = page.take_new()
                if batch is None:
                    batch = next((entry._batch for entry in entries if isinstance(entry, BaseDomain)), None)
                elif entries:
                    batch.merge(entries)
                yield entries

    def _list_page(self, page: int) -> Any:
        """Return a page of the complete, unfiltered listing."""
        return self.get_list(page=page, per_page=self.max_per_page, **self._complete_listing)  # type: ignore[attr-defined]

    @blocking
    async def _get_first_by(
        self, list_function: Callable[..., tuple[list[T], Any]], *args: Any, **kwargs: Any
    ) -> T | None:
        name, value = next(iter(kwargs.items()))
        if not isinstance(value, str) or not value:  # an empty name is no filter: the first resource would be returned
            raise InvalidArgumentError(f"{name} must be a non-empty string, not {value!r}; nothing was sent")
        entries = (await result_of(list_function(*args, **kwargs)))[0]
        return entries[0] if entries else None


def _key_of(entry: Any) -> Any:
    """Return the ID of a bound object, the content of a record, and any other entry itself."""
    if not isinstance(entry, BoundModelBase):
        # Comparing records would read their links, before they join the batch of the first page.
        return hashable(entry._raw) if isinstance(entry, BaseDomain) and entry._raw else entry
    name = entry._record_class._identified_by
    raw = entry.__dict__.get("_raw")  # reading the field would store the converted value
    return getattr(entry, name, entry) if raw is None else raw.get(name)


class ClientEntityBase(ResourceClientBase):
    """Deprecated name of :class:`ResourceClientBase`.

    .. deprecated:: 2.6.0
        Use :class:`ResourceClientBase`.
    """

    def __init__(self, client: Provider) -> None:
        warn_caller(
            "The 'hcloud.core.client.ClientEntityBase' class is deprecated, please use the "
            "'hcloud.core.client.ResourceClientBase' class instead."
        )
        super().__init__(client)


class BoundModelBase(Renewable, Generic[Domain]):
    """Base of bound models: a record with a client, which fetches missing fields and has methods that send requests."""

    model: ClassVar[type[Any]]
    complete: bool
    """True if all fields were fetched; otherwise reading a missing field fetches them."""

    _collection: ClassVar[str] = ""
    _key: ClassVar[str] = ""
    _client_attribute: ClassVar[str] = ""
    """Attribute of the main client that holds the client of this model."""
    _base_url: ClassVar[str] = ""
    """Base URL of the client of this model."""
    _is_async: ClassVar[bool] = False
    _lock_class: ClassVar[type[AbstractAsyncContextManager[None]]] = ThreadLock
    """Lock that is held while objects of a batch are fetched."""
    _client: Any = NO_CLIENT

    if TYPE_CHECKING:
        _not_blocking: None  # type: ignore[assignment]  # asynchronous methods take no objects of a blocking client

    def __init_subclass__(cls, *, collection: str | None = None, key: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if collection is not None and key is not None:
            cls._collection, cls._key = collection, key
            cls._client_attribute = collection.partition(".")[0]
            cls._base_url = f"/{cls._client_attribute}"
            cls.model = next(base for base in cls.__mro__ if base.__dict__.get("_fields"))
            cls._record_class = cls.model
            cls._is_closed = True
            cls.__doc__ = cls.__doc__ or f"{cls.model.__doc__} Bound to a client, which fetches missing fields."
            register(cls.__module__.rsplit(".", 2)[0], collection, cls)
        elif not getattr(cls, "_fields", True):  # the record is a user's own class, without fields of this library
            for name in ("__init__", "__getattr__", "__setattr__", "_saved_state", "data_model", "load", "reload"):
                setattr(cls, name, _CustomRecordOverrides.__dict__[name])

    def __init__(self, client: Any, data: Mapping[str, Any], complete: bool = True) -> None:
        """
        :param client: Client of the resource
        :param data: Object of the API, or some of its fields; it is not changed
        :param complete: If true, ``data`` holds all fields
        """
        state = self.__dict__  # assigning by BaseDomain.__setattr__ would take ten times as long
        state["_client"] = client
        state["_raw"] = data
        state["complete"] = complete

    @classmethod
    def _create(cls, client: Any, raw: Mapping[str, Any], batch: Batch | None, complete: bool = True) -> Self:
        """Create an object in a batch. Calling the constructor here would take 4 % more time to read a page."""
        self = object.__new__(cls)
        state = self.__dict__
        state["_client"] = client
        state["_raw"] = raw
        state["complete"] = complete
        if batch is not None:
            state["_batch"] = batch
        return self

    @classmethod
    def _client_of(cls, client: Any) -> Any:
        """Return the client of this model, given the client of any resource of the same provider."""
        if getattr(client.__class__, "_base_url", None) == cls._base_url or client is NO_CLIENT:
            return client
        return getattr(client._parent, cls._client_attribute)

    @classmethod
    def _create_member(cls, client: Any, raw: Mapping[str, Any], batch: Batch) -> Self:
        """Create an object of a response, as a member of ``batch``."""
        self = cls._create(client, raw, batch)
        batch.add(self)
        return self

    @classmethod
    def _create_single(cls, client: Any, raw: Mapping[str, Any]) -> Self:
        """Create the single object of a response, in a batch of its own."""
        return cls._create_member(cls._client_of(client), raw, Batch())

    @classmethod
    def _linked(cls, client: Any, raw: dict[str, Any], batch: Batch | None, complete: bool) -> BoundModelBase[Any]:
        """Return the object that a field of another resource links to; ``client`` is that resource's client."""
        own_client = cls._client_of(client)
        if complete or batch is None:
            return cls._create(own_client, raw, batch, complete)
        return batch.partial(cls, own_client, raw)

    @property
    def data_model(self) -> Domain:
        """Plain record of this object; an assignment to either changes both."""
        record: Domain = object.__new__(self.model)
        # Both objects have the same __dict__, so no synchronization is needed. Only their classes differ: the record
        # does not fetch missing fields.
        _set(record, "__dict__", self.__dict__)
        return record

    @data_model.setter
    def data_model(self, record: Domain) -> None:
        self._adopt(record.to_dict())

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        if self.complete:
            # Looked up again, as another thread may have fetched the object since.
            if field.always and field.is_lacking(self) and self._is_received():
                raise field.lacking(self)
        elif field.name != self._record_class._identified_by:
            self._fetch(field.name)
        return None if field.name in self._raw else field.default

    def _is_lazy(self) -> bool:
        """Return True unless the client does not fetch on read; it may be a mock, or that of an unpickled object."""
        return getattr(getattr(self._client, "_parent", None), "_lazy", True) is not False

    def _fetch(self, name: str) -> None:
        identity = self._identity()
        if identity is None:
            raise InvalidArgumentError(f"{name!r} of a {type(self).__name__} without id cannot be fetched")
        if not self._is_lazy():
            if self._batch is not None:
                self._batch.raise_if_not_found(self)
            raise self._not_fetched(name)
        run(self._own_batch().load(self, is_read=True))

    def _own_batch(self) -> Batch:
        # An object without a batch gets its own, whose lock lets threads that read at the same time fetch once.
        batch: Batch = self._batch or self.__dict__.setdefault("_batch", Batch())
        return batch

    def _not_fetched(self, name: str) -> HCloudException:
        """Return the error for a field that is not fetched when it is read."""
        has_getter = "." not in self._collection and hasattr(self._client, "get_by_id")
        getter = f", get it by client.{self._collection}.get_by_id({self._identity()!r})" if has_getter else ""
        return NotFetchedError(
            f"{name!r} of {self!r} was not fetched, and this client does not fetch on read (lazy=False): call its "
            f'load(){getter}, or call client.load(objects, "field.path") for all that many objects link to'
        )

    async def _fetch_alone(self, *, is_read: bool) -> tuple[Mapping[str, Any], int]:
        """Fetch this object alone, and return its fields and the logical time of the request.

        :param is_read: If true, it is fetched because a field was read
        """
        parent = getattr(self._client, "_parent", None)
        if is_read and getattr(parent, "_warn_on_fetch", False) is True:
            what = f"{self!r} after its action" if self._is_stale() else f"a missing field of {self!r}"
            warn_caller(
                f"reading {what} sends a request for this object alone; list the objects first if you read many",
                FetchWarning,
            )
        requested = tick()
        raw = (await result_of(self._get_self()))._raw
        self._adopt(raw, requested, keep_assigned=True)
        return raw, requested

    def _get_self(self) -> Any:
        return self._client.get_by_id(self._identity())

    def _has_list(self) -> bool:
        return hasattr(self._client, "get_list")

    def _list_page(self, page: int) -> Any:
        """Return a page of the complete listing that contains this object."""
        return self._client._list_page(page)

    @blocking
    async def load(self) -> Self:
        """Fetch the fields that are missing, or that an action has changed, and return the object.

        Other objects of the same response that are missing, too, may be fetched by the same request. Nothing is sent
        for an object that is complete; :meth:`reload` fetches it again.

        :raises NotFoundError: if the API does not have the object any more
        """
        if not self.complete:
            if self._identity() is None:
                raise InvalidArgumentError(f"a {type(self).__name__} without id cannot be fetched")
            await self._own_batch().load(self)
        return self

    @blocking
    async def reload(self) -> None:
        """Fetch all fields again; values that were assigned are lost.

        :raises NotFoundError: if the API does not have the object any more
        """
        requested = tick()
        fresh = await result_of(self._get_self())
        self._adopt(fresh._raw, requested)
        if fresh._batch is not None:  # the old batch may hold old versions of the objects that this one links to
            self._join(fresh._batch)

    def _refresh(self, result: object) -> None:
        """Adopt the fields of ``result``, which a call returned, if it is this object."""
        if (
            isinstance(result, BoundModelBase)
            and result is not self
            and (result._record_class, result._identity()) == (self._record_class, self._identity())
        ):
            self._adopt(result._raw)

    def is_fetched(self, name: str) -> bool:
        """Return True if the field ``name`` can be read without a request.

        :raises AttributeError: if there is no such field
        """
        if name not in self._fields:
            raise AttributeError(f"{type(self).__qualname__!r} has no field {name!r}")
        return self.complete or name in self.__dict__ or self._raw.get(name) is not None

    @blocking
    async def wait_for(
        self, condition: Callable[[Self], object], *, timeout: float | None = None, interval: float | None = None
    ) -> Self:
        """Reload the object until ``condition`` is true, and return it.

        :param condition: Function that is called with this object, the first time before any reload
        :param timeout: Seconds after which to give up; None waits without a limit
        :param interval: Seconds between two requests; the client's poll interval by default
        :raises WaitTimeoutError: if the condition is still false after ``timeout`` seconds
        """
        from .waiting import wait_for

        return await wait_for(self, condition, timeout, interval)

    def _is_partial(self) -> bool:
        return not self.complete

    def _repr_html_(self) -> str:
        """Return the object as a table of its properties, for notebooks."""
        from .display import table_of

        return table_of(self)

    def __dir__(self) -> Iterable[str]:
        names = object.__dir__(self)
        if self.complete or self._is_stale():
            return names
        return [name for name in names if not self._may_fetch(name)]

    def _may_fetch(self, name: str) -> bool:
        """Return True for fields that were not fetched, and for properties that a record derives from its fields."""
        if name in self._fields:
            return not self.is_fetched(name)
        return isinstance(getattr(type(self), name, None), property) and not hasattr(BoundModelBase, name)


class _CustomRecordOverrides:
    """Methods of bound models around a user's own record class: it has its own constructor, possibly ``__slots__``."""

    def __init__(self, client: Any, data: Mapping[str, Any], complete: bool = True) -> None:
        _set(self, "_client", client)
        _set(self, "complete", complete)
        _set(self, "data_model", self.model.from_dict(data))

    complete: bool
    data_model = None
    __setattr__ = object.__setattr__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "data_model" not in self.__dict__:
            raise AttributeError(name)
        value = getattr(self.data_model, name)
        if value or self.complete:
            return value
        self.reload()
        return getattr(self.data_model, name)

    @blocking
    async def load(self) -> Any:
        """Fetch all fields, unless they were fetched."""
        if not self.complete:
            await result_of(self.reload())
        return self

    @blocking
    async def reload(self) -> None:
        """Fetch all fields again."""
        fresh = await result_of(self._client.get_by_id(self.data_model.id))  # type: ignore[attr-defined]
        _set(self, "data_model", fresh.data_model)
        _set(self, "complete", True)

    def _saved_state(self) -> dict[str, Any]:
        return self.__dict__.copy()
