"""Load balancer types in the fake cloud."""

from __future__ import annotations

from tests.testing.api import API


def test_types(api: API) -> None:
    types = api.get("/load_balancer_types")["load_balancer_types"]
    assert [(load_balancer_type["id"], load_balancer_type["name"]) for load_balancer_type in types] == [
        (1, "lb11"),
        (2, "lb21"),
        (3, "lb31"),
    ]
    assert [load_balancer_type["max_targets"] for load_balancer_type in types] == [25, 75, 150]
    assert {price["location"] for price in types[0]["prices"]} == {"fsn1", "nbg1", "hel1", "ash", "hil", "sin"}
    assert api.get("/load_balancer_types", name="lb21")["load_balancer_types"] == [types[1]]
    assert api.get("/load_balancer_types/3")["load_balancer_type"] == types[2]
