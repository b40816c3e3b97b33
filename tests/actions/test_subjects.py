"""The objects that a wait makes stale, for every method of both providers that starts an action."""

from __future__ import annotations

from typing import Any

import pytest

import hcloud
import hcloud.digitalocean
from hcloud.core import BaseDomain, Link
from hcloud.core.fields import Links
from tests.stub import Sent, Stub
from tests.test_resources import METHODS, MODELS

STARTING = sorted(
    name
    for name, (_, _, method) in METHODS.items()
    if hasattr(method, "__endpoint__")
    and method.__endpoint__.may_return_actions
    and method.__endpoint__.verb != "GET"
    and not name.endswith("account_transfer")  # its response describes the offer
)
OBJECT = {"id": 5, "name": "sample", "zone": 3, "storage_box": 4, "labels": {}, "status": "active"}
ACTION = {"id": 7, "status": "running", "command": "create_server"}
FINISHED = {"hcloud": "success", "hcloud.digitalocean": "completed"}


def payload_of(cls: Any) -> dict[str, Any]:
    """Return the payload of a response with one object in each field."""
    payload: dict[str, Any] = {"action": ACTION, "actions": [ACTION]}
    if isinstance(cls, type) and issubclass(cls, BaseDomain) and not hasattr(cls, "_key"):
        for name, field in cls._fields.items():
            if isinstance(field, Link):
                *path, key = (field.source if isinstance(field.source, str) else name).split(".")
                holder = payload
                for step in path:
                    holder = holder.setdefault(step, {})
                value = ACTION if field.collection == "actions" else OBJECT
                holder[key] = [value] if isinstance(field, Links) else value
    return payload


def objects_in(result: Any) -> list[Any]:
    """Return the bound objects of a response, or the actions of a list."""
    if isinstance(result, list):
        return result
    if not isinstance(result, BaseDomain) or hasattr(result, "_key"):
        return [result]
    values = [getattr(result, name) for name, field in result._fields.items() if isinstance(field, Link)]
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def test_there_are_many() -> None:
    assert len(STARTING) > 90


@pytest.mark.parametrize("is_lazy", [True, False], ids=["lazy", "not lazy"])
@pytest.mark.parametrize("name", STARTING)
def test_wait_makes_objects_stale(name: str, is_lazy: bool) -> None:
    package, _, method = METHODS[name]
    provider = package.rpartition(".")[0]
    endpoint = method.__endpoint__

    def respond(sent: Sent) -> Any:
        if "/actions" in sent.path:
            return 200, {"action": {**ACTION, "status": FINISHED[provider]}}
        return 200, {model._key: OBJECT for _, model in MODELS.items()}

    stub = Stub(respond)
    client: Any = (hcloud if provider == "hcloud" else hcloud.digitalocean).Client(
        "token", adapter=stub, clock=stub.clock, lazy=is_lazy
    )
    resource = getattr(client, package.rpartition(".")[2])
    returns = eval(endpoint.method.__annotations__["return"], endpoint.method.__globals__)
    result = endpoint.reader(resource, payload_of(returns))
    subjects = {}
    for parameter, record in endpoint.subjects.items():
        model = next((model for model in MODELS.values() if record and model._record_class is record), None)
        if model is not None:
            subjects[parameter] = model(resource, OBJECT)
    endpoint.remember_subjects(result, subjects)
    actions = [value for value in objects_in(result) if hasattr(value, "_is_running")]
    objects = [value for value in objects_in(result) if not hasattr(value, "_is_running")]
    assert actions
    assert subjects or objects or name.endswith("act_by_tag")
    client.actions.wait_for(actions)
    deleted = list(subjects.values()) if endpoint.verb == "DELETE" else []
    changed = [*objects, *([] if deleted else subjects.values())]
    assert [value._is_stale() for value in deleted] == [False] * len(deleted)
    assert [value._is_stale() for value in changed] == [is_lazy] * len(changed)
    fetched = {sent.path for sent in stub.sent if "/actions" not in sent.path}
    assert bool(fetched) is (bool(changed) and not is_lazy)
    before = len(stub.sent)
    for value in (*changed, *deleted):
        getattr(value, next(name for name in ("labels", "status", "name") if name in value._fields))
    assert (len(stub.sent) > before) is (bool(changed) and is_lazy)
