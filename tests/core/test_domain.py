from __future__ import annotations

import copy
import inspect
import pickle
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcloud._exceptions import InvalidArgumentError, MalformedFieldError
from hcloud.actions import Action
from hcloud.certificates import Certificate
from hcloud.core import (
    BaseDomain,
    DomainIdentityMixin,
    Link,
    Links,
    Meta,
    Nested,
    NestedList,
    Pagination,
    Timestamp,
    encode,
)
from hcloud.core.deprecated_fields import Retired
from hcloud.core.fields import Texts
from hcloud.digitalocean.account import Account
from hcloud.firewalls import Firewall, FirewallRule
from hcloud.images import Image
from hcloud.load_balancers import LoadBalancerServiceHttp
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, CreateServerResponse, IPv4Address, PublicNetwork, Server
from hcloud.storage_boxes import DeleteStorageBoxResponse
from hcloud.zones import DeleteZoneResponse, ZoneRRSet
from tests.library import RECORDS, every_record

pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated:DeprecationWarning")

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


# Objects that the API sends, or might send

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
times = st.builds(
    lambda seconds, minutes: datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes))),
    st.integers(0, 2**32),
    st.integers(-14 * 60, 14 * 60),
)
ids = st.integers(1, 2**53)


@st.composite
def objects(draw: Any, record_class: type[BaseDomain], depth: int = 2) -> dict[str, Any]:
    """Draw an object of the API: some of its fields, with a value of the right type or null, and unknown fields."""
    sent: dict[str, Any] = {}
    for name, declared in record_class._fields.items():
        field: Any = declared.inner if isinstance(declared, Retired) else declared
        if field.source is not None or not field.is_property or (name != "id" and draw(st.booleans())):
            continue
        if name == "id":
            values: Any = ids
        elif isinstance(field, Timestamp):
            values = times.map(datetime.isoformat)
        elif isinstance(field, Link):
            item = ids | st.fixed_dictionaries({"id": ids, "name": st.text(max_size=8)})
            if field.complete:
                item = objects(field.target.model, depth - 1) if depth else st.fixed_dictionaries({"id": ids})
            values = st.lists(item, max_size=2) if isinstance(field, Links) else item
        elif isinstance(field, Nested):
            item = objects(field.record_class, depth - 1) if depth else st.just({})
            values = st.lists(item, max_size=2) if isinstance(field, NestedList) else item
        else:
            values = anything
        sent[name] = draw(values if name == "id" else st.none() | values)
    if record_class is ZoneRRSet:  # its ID consists of its name and type, so they must agree
        sent = {**sent, "id": "www/A", "name": "www", "type": "A"}
    unknown = st.dictionaries(
        st.sampled_from(["new_in_2027", "self", "raw", "_raw", "__class__", ""]), anything, max_size=2
    )
    return {**sent, **draw(unknown)}


any_record = st.sampled_from(RECORDS).flatmap(lambda cls: st.tuples(st.just(cls), objects(cls)))


def read_everything(value: Any) -> None:
    if isinstance(value, BaseDomain):
        for name in value.__api_properties__:
            read_everything(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            read_everything(item)


@given(any_record)
@settings(max_examples=150, deadline=None)
def test_round_trip(example: tuple[type[BaseDomain], dict[str, Any]]) -> None:
    record_class, sent = example
    before = copy.deepcopy(sent)
    record = record_class.from_dict(sent)
    assert record.to_dict() == before
    assert record.raw == before
    read_everything(record)
    assert record.to_dict() == before, "reading changed what is written"
    assert sent == before, "the caller's dict was changed"
    again = record_class.from_dict(record.to_dict())
    assert again == record
    assert hash(again) == hash(record)
    assert repr(again) == repr(record)


@given(any_record, st.booleans())
@settings(max_examples=100, deadline=None)
def test_copies(example: tuple[type[BaseDomain], dict[str, Any]], read_before: bool) -> None:
    record_class, sent = example
    record = record_class.from_dict(sent)
    if read_before:
        read_everything(record)
    duplicates = [copy.copy(record), copy.deepcopy(record)]
    duplicates += [pickle.loads(pickle.dumps(record, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for duplicate in duplicates:
        assert type(duplicate) is record_class
        assert duplicate == record
        assert hash(duplicate) == hash(record)
        assert duplicate.to_dict() == record.to_dict()


@given(st.sampled_from(RECORDS), st.data())
@settings(max_examples=150, deadline=None)
def test_malformed_values(record_class: type[BaseDomain], data: Any) -> None:
    """A record can be created from anything; reading a malformed field raises an error that names the field."""
    sent = data.draw(st.dictionaries(st.sampled_from([*record_class._fields, "unknown"]), anything))
    record = record_class.from_dict(sent)
    assert record.raw == sent
    assert record.to_dict() == sent
    for name in record.__api_properties__:
        problem = problem_of(record, name)
        if problem is not None:
            # A record set without a name or type reads them from its ID.
            names = {name, "id"} if record_class is ZoneRRSet and name in ("name", "type") else {name}
            assert record_class.__name__ in problem
            assert any(repr(source) in problem for source in names)
            assert len(problem) < 300
    if record_class is not ZoneRRSet:  # its name and type are read from its ID if they are null
        assert record.to_dict() == sent


def problem_of(record: BaseDomain, name: str) -> str | None:
    try:
        getattr(record, name)
    except MalformedFieldError as error:
        return str(error)
    return None


@every_record
def test_missing_and_null_fields(cls: type[BaseDomain]) -> None:
    for sent in ({}, dict.fromkeys(cls.__api_properties__)):
        record = cls.from_dict(sent)
        for name in cls.__api_properties__:
            field = cls._fields.get(name)
            default = field.default if field is not None and name not in sent else None
            assert getattr(record, name) == ([] if isinstance(field, Texts) else default)
        assert repr(record).startswith(f"{cls.__qualname__}(")
        assert record.to_dict() == sent


@every_record
def test_construction(cls: type[BaseDomain]) -> None:
    names = list(inspect.signature(cls).parameters)
    properties = [name for name in cls.__api_properties__ if name in cls._fields]  # others are computed from fields
    assert [name for name in names if cls._fields[name].is_property] == properties
    values = {name: None for name in names if cls._fields[name].required}
    record = cls(**values)
    assert record == cls(**values)
    assert hash(record) == hash(cls(**values))
    assert not record.raw
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'no_such_field'"):
        cls(**values, no_such_field=1)
    with pytest.raises(TypeError, match="positional arguments"):
        cls(*[None] * (len(names) + 1))
    if values:
        with pytest.raises(TypeError, match=f"is missing the argument.*{next(iter(values))}"):
            cls()


@every_record
def test_unknown_names_cannot_be_assigned(cls: type[BaseDomain]) -> None:
    record = cls.from_dict({})
    with pytest.raises(AttributeError, match="no_such_field"):
        record.no_such_field = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no_such_field"):
        record.no_such_field  # type: ignore[attr-defined]  # noqa: B018


# The constructor


def test_positional_arguments() -> None:
    assert Location(1, "fsn1") == Location(id=1, name="fsn1")
    with pytest.raises(TypeError, match=r"multiple values for argument 'id'"):
        Location(1, id=2)  # type: ignore[misc]


def test_times_are_parsed() -> None:
    assert Image(created="2026-10-15T12:00:00Z").created == NOON
    assert Image(created=NOON).created is NOON
    image = Image()
    image.created = "2026-10-15T14:00:00+02:00"
    assert image.created == NOON
    assert image.to_dict()["created"] == "2026-10-15T14:00:00+02:00"
    with pytest.raises(ValueError, match=r"Image: the field 'created' should be a time in ISO 8601, but holds 'soon'"):
        Image(created="soon")


def test_ids_and_dicts_become_records() -> None:
    server = Server(image=42, server_type={"id": 1, "name": "cx23"})  # type: ignore[arg-type]
    assert server.image == Image(id=42)
    assert type(server.image) is Image
    assert server.server_type == ServerType.from_dict({"id": 1, "name": "cx23"})
    net = PublicNetwork(ipv4={"ip": "198.18.0.1"}, floating_ips=[])  # type: ignore[arg-type]
    assert net.ipv4 == IPv4Address(ip="198.18.0.1")


# Reading values


def test_a_collection_is_a_copy() -> None:
    sent: dict[str, Any] = {"id": 1, "labels": {"a": "b"}}
    server = Server.from_dict(sent)
    assert server.labels is not None
    server.labels["a"] = "c"
    assert server.labels == {"a": "c"}
    assert sent == {"id": 1, "labels": {"a": "b"}}
    assert server.raw["labels"] == {"a": "b"}
    assert server.to_dict()["labels"] == {"a": "c"}


def test_a_copy_shares_values_and_a_deep_copy_does_not() -> None:
    server = Server.from_dict({"id": 1, "labels": {"a": "b"}, "public_net": {"ipv4": {"ip": "198.18.0.1"}}})
    assert server.labels is not None
    shallow, deep = copy.copy(server), copy.deepcopy(server)
    assert shallow.labels is server.labels
    assert deep.labels == server.labels
    assert deep.labels is not server.labels
    shallow.name = "other"
    assert server.name is None


def test_deep_copy_of_a_cycle() -> None:
    server = Server(id=1)
    server.labels = {"me": server}  # type: ignore[dict-item]
    duplicate = copy.deepcopy(server)
    assert duplicate.labels is not None
    assert duplicate.labels["me"] is duplicate


def test_raw_is_read_only_at_every_depth() -> None:
    sent = {"id": 1, "labels": {"a": "hunter2"}, "private_net": [{"ip": "10.0.0.2", "alias_ips": ["10.0.0.3"]}]}
    raw = Server.from_dict(sent).raw
    views = [raw, raw["labels"], raw["private_net"], raw["private_net"][0], raw["private_net"][0]["alias_ips"]]
    for view in views:
        for method in ("__setitem__", "__delitem__", "append", "update", "pop", "clear", "sort", "setdefault"):
            assert not hasattr(view, method), method
        with pytest.raises(AttributeError):
            view.other = 1
    assert raw == sent
    assert raw["private_net"] == sent["private_net"]
    assert raw["private_net"] != [{"ip": "10.0.0.2"}]
    assert raw["private_net"][0:1] == sent["private_net"]
    assert dict(raw) == sent
    assert "hunter2" not in repr(raw["labels"]), "it may be a secret"


def test_raw_of_a_constructed_record_is_empty() -> None:
    assert Server(id=1).raw == {}


def test_threads_that_read_at_the_same_time_get_the_same_object() -> None:
    server = Server.from_dict({"id": 1, "labels": {"a": "b"}, "public_net": {"ipv4": {"ip": "198.18.0.1"}}})
    ready = threading.Barrier(8)
    seen: list[tuple[int, int]] = []

    def read() -> None:
        ready.wait()
        seen.append((id(server.labels), id(server.public_net)))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


# Equality


def test_equality() -> None:
    assert Server(id=1) == Server(id=1)
    assert Server(id=1, name="a") != Server(id=1, name="b")
    assert Server(id=1) != Image(id=1)
    assert DeleteZoneResponse() != DeleteStorageBoxResponse()
    assert Server(id=1) != 1
    assert hash(Server(id=1)) != hash(Image(id=1))
    assert hash(DeleteZoneResponse()) != hash(DeleteStorageBoxResponse())
    assert Server(name="a") == Server(name="a")
    assert hash(Server(name="a", labels={"b": "c"})) == hash(Server(name="a", labels={"b": "c"}))
    assert {Server(id=1): 1}[Server.from_dict({"id": 1})] == 1


class OwnServer(Server):
    """A user's subclass, with an attribute of its own."""

    def __init__(self, *args: Any, colour: str = "red", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.colour = colour


class Own(BaseDomain, DomainIdentityMixin):
    """A user's own class, in the style of the records of hcloud-python."""

    __api_properties__ = ("id", "name", "tags")
    __slots__ = __api_properties__

    def __init__(self, id: int | None = None, name: str | None = None, tags: list[str] | None = None) -> None:
        self.id = id
        self.name = name
        self.tags = tags


def test_a_users_own_record() -> None:
    own = Own.from_dict({"id": 1, "name": "one", "tags": ["a"], "new_in_2027": True})
    assert (own.id, own.name, own.tags) == (1, "one", ["a"])
    assert own == Own(1, "one", ["a"])
    assert own != Own(1, "two", ["a"])
    assert hash(own) == hash(Own(1, "two"))
    assert hash(Own(name="a", tags=["b"])) == hash(Own(name="a", tags=["b"]))
    assert repr(own) == "Own(id=1, name='one', tags=['a'])"
    assert own.to_dict() == {"id": 1, "name": "one", "tags": ["a"]}
    assert own.id_or_name == 1
    for duplicate in (copy.copy(own), copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert type(duplicate) is Own
        assert duplicate == own
    assert copy.deepcopy(own).tags is not own.tags
    own.tags = []
    own.anything = "goes"  # type: ignore[attr-defined]


def test_a_users_own_subclass_of_a_record() -> None:
    own = OwnServer(id=1, name="web", colour="blue")
    own.anything = "goes"  # type: ignore[attr-defined]
    assert own == Server(id=1, name="web")
    assert Server(id=1, name="web") == own
    assert hash(own) == hash(Server(id=1))
    for duplicate in (copy.copy(own), copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert (type(duplicate), duplicate.colour, duplicate) == (OwnServer, "blue", own)
    assert OwnServer.from_dict({"id": 1, "name": "web", "new_in_2027": 1}).colour == "red"


# Names and payloads


@pytest.mark.parametrize(
    ("id_or_name", "expected"),
    [
        (1, True),
        ("1", True),
        ("web", True),
        (2, False),
        ("2", False),
        ("\N{SUPERSCRIPT TWO}", False),
        ("\N{ARABIC-INDIC DIGIT ONE}", False),
        ("", False),
        (-1, False),
    ],
    ids=repr,
)
def test_has_id_or_name(id_or_name: int | str, expected: bool) -> None:
    assert Server(id=1, name="web").has_id_or_name(id_or_name) is expected


def test_id_or_name() -> None:
    assert Server(id=1, name="web").id_or_name == 1
    assert Server(name="web").id_or_name == "web"
    for ask in (lambda: Server().id_or_name, lambda: Server().has_id_or_name(1)):
        with pytest.raises(ValueError, match="id or name must be set"):
            ask()
    assert Server(name="7").has_id_or_name(7)
    assert Server(id=1, name="9" * 5000).has_id_or_name("9" * 5000)


def test_to_payload() -> None:
    assert Image(id=1, name="debian-12").to_payload() == 1
    assert Image(name="debian-12").to_payload() == "debian-12"
    with pytest.raises(InvalidArgumentError, match="id or name must be set"):
        Image().to_payload()
    with pytest.raises(InvalidArgumentError, match=r"^id must be set$"):
        Server(name="the API takes servers by id only").to_payload()


# Secrets


def test_repr_hides_secrets() -> None:
    response = CreateServerResponse.from_dict({"server": {"id": 1}, "action": {"id": 2}, "root_password": "hunter2"})
    assert response.root_password == "hunter2"
    assert "hunter2" not in repr(response)
    assert "root_password='***'" in repr(response)
    assert repr(CreateServerResponse.from_dict({})) == "CreateServerResponse()"
    assert "hunter2" not in repr(response.raw)


# Meta


@pytest.mark.parametrize(
    "response",
    [None, {}, {"meta": None}, {"meta": {}}, {"meta": []}, {"meta": {"pagination": None}}, {"meta": {"new": 1}}],
)
def test_meta_without_pagination(response: Any) -> None:
    assert Meta.parse_meta(response).pagination is None


def test_meta() -> None:
    meta = Meta.parse_meta({"meta": {"pagination": {"page": 2, "per_page": 5, "new": 1}, "newer": 2}})
    assert meta == Meta(pagination=Pagination(page=2, per_page=5))
    assert meta.raw["newer"] == 2


# Times


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-10-15T12:00:00+00:00", NOON),
        ("2026-10-15T12:00:00Z", NOON),
        ("2026-10-15T12:00:00.5Z", NOON + timedelta(seconds=0.5)),
        ("2026-10-15T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("20261015T120000Z", NOON),
        ("2026-10-15T14:00:00+02:00", NOON),
        ("2026-10-15T11:59:60Z", NOON),
        ("20261015T115960Z", NOON),
        ("2026-10-15T13:59:60.5+02:00", NOON + timedelta(seconds=0.5)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59+05:00", datetime(9999, 12, 31, 18, 59, 59, tzinfo=UTC)),
    ],
)
def test_times(text: str, time: datetime) -> None:
    action = Action.from_dict({"id": 1, "started": text})
    assert action.started == time
    assert action.started is action.started
    assert action.to_dict() == {"id": 1, "started": text}


@pytest.mark.parametrize("value", ["", "yesterday", "2026-13-45T00:00:00Z", 5, 1.5, True, [], {}, "9" * 400])
def test_malformed_times(value: Any) -> None:
    action = Action.from_dict({"id": 7, "started": value, "command": "create_server"})
    assert action.command == "create_server"
    with pytest.raises(MalformedFieldError, match=r"^Action 7: the field 'started' should be a time") as caught:
        action.started  # noqa: B018
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value",
    [
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:60Z",
        "9999-12-31T24:00:00Z",
        "2016-12-31T23:59:61Z",
        "\ud800",
    ],
)
def test_times_that_no_zone_can_represent(value: str) -> None:
    action = Action.from_dict({"id": 7, "started": value})
    with pytest.raises(MalformedFieldError, match=r"^Action 7: the field 'started' should be a time"):
        action.started  # noqa: B018
    assert repr(action) == "Action(id=7, ...)"
    action.started = NOON
    assert action.to_dict() == {"id": 7, "started": "2026-10-15T12:00:00+00:00"}


def test_time_that_can_not_be_sent() -> None:
    with pytest.raises(InvalidArgumentError, match="can't be converted to UTC"):
        encode(datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))))


@pytest.mark.parametrize("identity", [[], [1], {}, {"a": 1}, True, 1.0], ids=repr)
def test_malformed_ids(identity: Any) -> None:
    for record in (Server.from_dict({"id": identity}), ZoneRRSet.from_dict({"id": identity})):
        for read in (lambda: record.id, lambda: hash(record), lambda: record == type(record)(id=1)):  # noqa: B023
            with pytest.raises(MalformedFieldError, match="the field 'id' should be an integer or a text"):
                read()
        assert "id='(malformed)'" in repr(record)
        assert record.to_dict() == {"id": identity}
    assert repr(BoundServer(None, {"id": identity}, complete=False)) == "<partial BoundServer(id='(malformed)')>"


def test_repr_with_malformed_fields() -> None:
    image = Image.from_dict({"id": 7, "created": "yesterday", "labels": 5, "type": "snapshot"})
    assert repr(image) == "Image(id=7, type='snapshot', created='(malformed)', ...)"


def test_private_names_may_be_assigned() -> None:
    record: Any = Server(id=1)
    record._mine = 1
    assert record._mine == 1


def test_items_of_lists_may_be_dicts_and_ids() -> None:
    wall = Firewall(rules=[{"direction": "in", "protocol": "tcp", "port": "22"}, FirewallRule("in", "icmp")])  # type: ignore[arg-type]
    assert [rule.port for rule in wall.rules or []] == ["22", None]
    http = LoadBalancerServiceHttp(certificates=[7, Certificate(8)])
    assert [certificate.id for certificate in http.certificates or []] == [7, 8]


def test_an_id_that_is_a_list_can_be_hashed() -> None:
    account = Account.from_dict({"uuid": ["a"]})
    assert hash(account) == hash(Account.from_dict({"uuid": ["a"]}))
