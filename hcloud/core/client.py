"""What every resource's client and bound model share: fetching, listing, lazy loading, waiting for a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .._exceptions import FetchWarning, InvalidArgumentError, NotFetchedError
from .batches import Batch
from .domain import NO_CLIENT, BaseDomain, Meta, _set
from .fields import Field, register
from .paging import all_pages, each_page
from .warn import warn_caller

if TYPE_CHECKING:
    from typing_extensions import Self

    from .connection import Connection
    from .provider import Provider

    _Record = BaseDomain  # which every bound model also is
else:
    _Record = object

__all__ = ["BoundModelBase", "ClientEntityBase", "ResourceClientBase"]

T = TypeVar("T")
Domain = TypeVar("Domain", bound=BaseDomain)


class ResourceClientBase:
    """The methods of one resource, over the connection of the client that it belongs to."""

    max_per_page: int = 50
    """The most entries that the API puts on a page."""

    _base_url: ClassVar[str]
    _connection: ClassVar[str] = "_client"
    """Which of the client's connections reaches this resource."""
    _everything: ClassVar[Mapping[str, Any]] = {}
    """What a listing must be asked for to hold all there is."""

    _parent: Provider
    _client: Connection

    def __init__(self, client: Provider) -> None:
        """
        :param client: the client that this belongs to
        """
        self._parent = client
        self._client = getattr(client, self._connection)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._parent!r}>"

    def _read_meta(self, response: Mapping[str, Any]) -> Meta:
        return Meta.parse_meta(response)

    @property
    def _workers(self) -> int:
        told = getattr(self._parent, "_parallel_pages", 1)
        return told if isinstance(told, int) else 1  # a mock in place of the client tells nothing

    def _pages_of(self, list_function: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
        query: dict[str, Any] = {"per_page": self.max_per_page}
        for key, value in given.items():
            if value is not None:  # an iterator would be used up by the first page
                query[key] = list(value) if isinstance(value, Iterator) else value
        return lambda page: list_function(*args, page=page, **query)

    def _iter_pages(self, list_function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The entries of all pages of ``list_function``, each once, in order."""
        pages = all_pages(self._pages_of(list_function, args, kwargs), self._workers)
        if len(pages) == 1:
            return list(pages[0][0])
        entries = [entry for page in pages for entry in page[0]]
        if not entries:
            return entries
        entries = _each_once(entries)
        if isinstance(entries[0], BoundModelBase) and entries[0]._batch is not None:
            entries[0]._batch.merge(entries[1:])
        return entries

    def _stream_pages(self, list_function: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        """The entries of all pages of ``list_function``, each once, with one page at a time in memory."""
        batch: Batch | None = None
        before: set[Any] = set()
        for page in each_page(self._pages_of(list_function, args, kwargs), self._workers > 1):
            entries = [entry for entry in page[0] if _key_of(entry) not in before]
            # What shifts while a listing is read shifts from the page before.
            before = set(map(_key_of, page[0]))
            if batch is None:
                batch = next((entry._batch for entry in entries if isinstance(entry, BoundModelBase)), None)
            elif entries:
                batch.merge(entries)
            del page
            entries.reverse()
            while entries:
                yield entries.pop()

    def _list_everything(self, page: int) -> Any:
        """One page of all there is of this resource."""
        return self.get_list(page=page, per_page=self.max_per_page, **self._everything)  # type: ignore[attr-defined]

    def _get_first_by(self, list_function: Callable[..., tuple[list[T], Any]], *args: Any, **kwargs: Any) -> T | None:
        name, value = next(iter(kwargs.items()))
        if not isinstance(value, str) or not value:  # which would find the first of all
            raise InvalidArgumentError(f"{name} must be a text, not {value!r}; nothing was sent")
        entries = list_function(*args, **kwargs)[0]
        return entries[0] if entries else None


def _key_of(entry: Any) -> Any:
    """What tells an entry of a listing from the others: its id, if it is a resource of the listing's own."""
    return getattr(entry, entry._kind._identified_by, entry) if isinstance(entry, BoundModelBase) else entry


def _each_once(entries: list[Any]) -> list[Any]:
    """``entries`` without those that stood before."""
    if not isinstance(entries[0], BoundModelBase):
        return list(dict.fromkeys(entries))
    # A dict keeps the order of first entry; the value that stays is the latest, so what came last is not older.
    name = entries[0]._kind._identified_by
    return list({entry._raw.get(name): entry for entry in entries}.values())


class ClientEntityBase(ResourceClientBase):
    """:class:`ResourceClientBase` under the name that it had before hcloud-python 2.6.0.

    .. deprecated:: 2.6.0
        Use :class:`ResourceClientBase`.
    """

    def __init__(self, client: Provider) -> None:
        warn_caller(
            "The 'hcloud.core.client.ClientEntityBase' class is deprecated, please use the "
            "'hcloud.core.client.ResourceClientBase' class instead."
        )
        super().__init__(client)


class BoundModelBase(Generic[Domain], _Record):
    """A record with its client at hand: it fetches the fields that it lacks, and acts."""

    model: ClassVar[type[Any]]
    complete: bool
    """Whether all fields were fetched; reading one that was not fetches them."""

    _collection: ClassVar[str] = ""
    _key: ClassVar[str] = ""
    _home: ClassVar[str] = ""
    """The name on the client of what it belongs to."""
    _base_url: ClassVar[str] = ""
    """Of the client that it belongs to."""
    _client: Any = NO_CLIENT

    def __init_subclass__(cls, *, collection: str | None = None, key: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if collection is not None and key is not None:
            cls._collection, cls._key = collection, key
            cls._home = collection.partition(".")[0]
            cls._base_url = f"/{cls._home}"
            cls.model = next(base for base in cls.__mro__ if base.__dict__.get("_fields"))
            cls._kind = cls.model
            cls._is_closed = True
            cls.__doc__ = cls.__doc__ or f"{cls.model.__doc__} This one has its client at hand, to fetch and act with."
            register(cls.__module__.rsplit(".", 2)[0], collection, cls)
        elif not getattr(cls, "_fields", True):  # it is a record, but has no fields
            for name in ("__init__", "__getattr__", "__setattr__", "_held", "data_model", "reload"):
                setattr(cls, name, _OwnModel.__dict__[name])

    def __init__(self, client: Any, data: Mapping[str, Any], complete: bool = True) -> None:
        """
        :param client: the resource's client, to fetch and act with
        :param data: the API's object, or what is known of it; it is kept as it is
        :param complete: whether ``data`` is all of it
        """
        state = self.__dict__  # three times as fast as setting attributes
        state["_client"] = client
        state["_raw"] = data
        state["complete"] = complete

    @classmethod
    def _of(cls, client: Any, raw: Mapping[str, Any], batch: Batch | None, complete: bool = True) -> Self:
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
        """The client of this model, by any client of the same provider; its own stays as it is."""
        if client is NO_CLIENT or getattr(client.__class__, "_base_url", None) == cls._base_url:
            return client
        return getattr(client._parent, cls._home)

    @classmethod
    def _member(cls, client: Any, raw: Mapping[str, Any], batch: Batch) -> Self:
        """The object that a response is about, or one of many."""
        self = cls._of(client, raw, batch)
        batch.add(self)
        return self

    @classmethod
    def _of_response(cls, client: Any, raw: Mapping[str, Any]) -> Self:
        return cls._member(cls._client_of(client), raw, Batch())

    @classmethod
    def _linked(cls, client: Any, raw: dict[str, Any], batch: Batch | None, complete: bool) -> BoundModelBase[Any]:
        """The object that a field of another resource links to, which ``client`` fetched."""
        own = cls._client_of(client)
        return cls._of(own, raw, batch, complete) if complete or batch is None else batch.partial(cls, own, raw)

    @property
    def data_model(self) -> Domain:
        """The plain record of this object, over the same values: what is assigned to one is seen by both."""
        twin: Domain = object.__new__(self.model)
        _set(twin, "__dict__", self.__dict__)
        return twin

    @data_model.setter
    def data_model(self, record: Domain) -> None:
        self._adopt(record.to_dict())

    def _join(self, batch: Batch) -> None:
        _set(self, "_batch", batch)
        batch.add(self)

    def _adopt(self, raw: Mapping[str, Any]) -> None:
        """Become what ``raw`` says, whole."""
        state = self.__dict__
        state["_raw"] = raw  # first: a reader that converted the old one notices and converts anew
        for name in list(state):  # a list, as others may read fields meanwhile
            if name in self._fields:
                state.pop(name, None)
        state["complete"] = True

    def _absent(self, field: Field[Any, Any]) -> Any:
        if not self.complete and field.name != self._kind._identified_by:
            self._fetch(field.name)
        return None if field.name in self._raw else field.default

    def _fetch(self, name: str) -> None:
        identity = self._identity()
        if identity is None:
            raise InvalidArgumentError(f"{name!r} of a {type(self).__name__} without id can't be fetched")
        parent = getattr(self._client, "_parent", None)
        if getattr(parent, "_lazy", True) is False:
            has_getter = "." not in self._collection and hasattr(self._client, "get_by_id")
            getter = f", or get it by client.{self._collection}.get_by_id({identity!r})" if has_getter else ""
            raise NotFetchedError(
                f"{name!r} of {self!r} was not fetched, and this client does not fetch on read (lazy=False): call its "
                f"reload(){getter}"
            )
        # A batch of its own where it came alone, so that threads which read it at once fetch it once.
        batch = self._batch or self.__dict__.setdefault("_batch", Batch())
        batch.load(self)

    def _fetch_alone(self) -> None:
        parent = getattr(self._client, "_parent", None)
        if getattr(parent, "_warn_on_fetch", False) is True:
            warn_caller(f"reading {self!r} fetches it alone; where many are read, list them first", FetchWarning)
        self._adopt(self._get_self()._raw)

    def _get_self(self) -> Any:
        return self._client.get_by_id(self._identity())

    def reload(self) -> None:
        """Fetch the object anew, in place of all that was read of it and assigned to it.

        :raises NotFoundError: if the API does not know it any more
        """
        fresh = self._get_self()
        self._adopt(fresh._raw)
        if fresh._batch is not None:  # not the old one, which may hold older versions of what this links to
            self._join(fresh._batch)

    def _refresh(self, result: object) -> None:
        """Take over what a call on this object returned of it."""
        if (
            isinstance(result, BoundModelBase)
            and result is not self
            and (result._kind, result._identity()) == (self._kind, self._identity())
        ):
            self._adopt(result._raw)

    def is_fetched(self, name: str) -> bool:
        """Whether reading the field ``name`` needs no request.

        :raises AttributeError: if there is no such field
        """
        if name not in self._fields:
            raise AttributeError(f"{type(self).__qualname__!r} has no field {name!r}")
        return self.complete or name in self.__dict__ or self._raw.get(name) is not None

    def wait_for(
        self, condition: Callable[[Self], object], *, timeout: float | None = None, interval: float | None = None
    ) -> Self:
        """Reload the object until ``condition`` of it is true, and return it.

        :param condition: called with this object, first as it stands
        :param timeout: seconds after which to give up; None waits for as long as it takes
        :param interval: seconds between two requests; the client's poll interval by default
        :raises WaitTimeoutError: if the condition did not become true in time
        """
        from .waiting import wait_for

        return wait_for(self, condition, timeout, interval)

    def _is_partial(self) -> bool:
        return not self.complete

    def _shown(self) -> Iterator[tuple[str, Any]]:
        for name in dict.fromkeys((self._kind._identified_by, "name")):
            value = self._known(name) if name in self._fields else None
            if value is not None:
                yield name, value
        yield "complete", self.complete

    def __dir__(self) -> Iterable[str]:
        names = object.__dir__(self)
        if self.complete:
            return names
        return [name for name in names if name not in self._fields or self.is_fetched(name)]


class _OwnModel:
    """What a bound model has instead whose record is a user's own class, with its own constructor and slots."""

    def __init__(self, client: Any, data: Mapping[str, Any], complete: bool = True) -> None:
        _set(self, "_client", client)
        _set(self, "complete", complete)
        _set(self, "data_model", self.model.from_dict(data))

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

    def reload(self) -> None:
        """Fetch the object anew."""
        fresh = self._client.get_by_id(self.data_model.id)  # type: ignore[attr-defined]
        _set(self, "data_model", fresh.data_model)
        _set(self, "complete", True)

    def _held(self) -> dict[str, Any]:
        return self.__dict__.copy()
