"""Health of the targets of load balancers: health checks on the clock of the fake cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..resource import FakeResource, on_event
from ..schema import Record
from .networks import Networks
from .servers import Servers

__all__ = ["FailureDetail", "HealthChecks", "leaf_targets", "network_id_of", "services_of"]

FailureDetail = Literal[
    "unspecified",
    "layer4_no_connection",
    "layer4_timeout",
    "layer7_timeout",
    "unexpected_http_status",
    "unexpected_http_content",
]
Failure = tuple[FailureDetail, int | None]
"""Reason for which a check fails, and the HTTP status code that it received."""


def leaf_targets(load_balancer: Record) -> Iterator[Record]:
    """Yield the targets that have a health: servers and IPs, including the servers selected by labels."""
    for target in load_balancer["targets"]:
        if target["type"] == "label_selector":
            yield from target["targets"]
        else:
            yield target


def services_of(load_balancer: Record, changes: Mapping[int, Record | None]) -> list[Record]:
    """Return the services of a load balancer after changes: new services by port, ``None`` for a deleted one."""
    services: dict[int, Record | None] = {service["listen_port"]: service for service in load_balancer["services"]}
    return [service for service in {**services, **changes}.values() if service is not None]


def network_id_of(load_balancer: Record) -> int | None:
    """Return the ID of the network that a load balancer is attached to."""
    return next((attachment["network"] for attachment in load_balancer["private_net"]), None)


def _key_of(target: Record) -> str:
    """Return the key for the health of a target."""
    return f"server {target['server']['id']}" if target["type"] == "server" else f"ip {target['ip']['ip']}"


@dataclass(frozen=True)
class CheckState:
    """State of the health check of one service on one target.

    :param status: ``unknown``, ``healthy`` or ``unhealthy``
    :param passing: If true, the checks pass; the status follows after some intervals
    :param since: Time at which the checks began to pass or to fail
    """

    status: str
    passing: bool
    since: float

    def next(self, health_check: Record, passing: bool, now: float) -> CheckState:
        """Return the state at a later time.

        A target changes its status after one interval if the status is unknown, otherwise after as many intervals as
        the check has retries.
        """
        since = self.since if self.passing is passing else now
        intervals = 1 if self.status == "unknown" else health_check["retries"]
        if now - since < health_check["interval"] * intervals:
            return CheckState(self.status, passing, since)
        return CheckState("healthy" if passing else "unhealthy", passing, since)


class HealthChecks(FakeResource):
    """Part of the load balancers that checks the health of targets."""

    def __init__(self, project: Any) -> None:
        super().__init__(project)
        self._failing: dict[str, Failure] = {}

    def fail_checks(
        self,
        target: int | str,
        detail: FailureDetail | None = "layer4_no_connection",
        http_status_code: int | None = None,
    ) -> None:
        """Make the health checks of a target fail from now on, in all load balancers.

        :param target: ID or name of a server, or address of an IP target
        :param detail: Reason for the failure; ``None`` lets the checks pass again
        :param http_status_code: Status code received, for ``unexpected_http_status``
        """
        server = self.project.of(Servers).find(target)
        key = f"server {server['id']}" if server is not None else f"ip {target}"
        if detail is None:
            self._failing.pop(key, None)
        else:
            self._failing[key] = detail, http_status_code
        self._update_all_health()

    @on_event("actions.settled")
    def _update_all_health(self) -> None:
        for load_balancer in self:
            self.update_health(load_balancer)

    def update_health(self, load_balancer: Record) -> None:
        """Set ``health_status`` of all targets of a load balancer to the state of their checks now."""
        now = self.project.cloud.clock.time()
        private = self.private(load_balancer)
        previous: dict[tuple[str, int], CheckState] = private.get("checks", {})
        states: dict[tuple[str, int], CheckState] = {}
        for target in leaf_targets(load_balancer):
            failure = self._failure_of(load_balancer, target)
            passing = failure is None
            target["health_status"] = []
            for service in load_balancer["services"]:
                key = _key_of(target), service["listen_port"]
                state = previous.get(key, CheckState("unknown", passing, now))
                states[key] = state.next(service["health_check"], passing, now)
                target["health_status"].append(_health_status(service, states[key].status, failure))
        private["checks"] = states

    # Changes that running actions are about to make: the actions of a load balancer do not wait for one another.

    def new_services(self, load_balancer: Record) -> list[Record]:
        """Return the services that a load balancer has when its running actions have succeeded."""
        return services_of(load_balancer, self.hidden.get(load_balancer["id"], {}).get("new_services", {}))

    def new_targets(self, load_balancer: Record) -> list[Record]:
        """Return the targets that running actions add to a load balancer."""
        targets: list[Record] = self.hidden.get(load_balancer["id"], {}).get("new_targets", [])
        return targets

    def _failure_of(self, load_balancer: Record, target: Record) -> Failure | None:
        """Return the failure of the checks of a target, ``None`` if they pass."""
        if (failure := self._failing.get(_key_of(target))) is not None:
            return failure
        if target["type"] == "ip":
            return None
        server = self.project.of(Servers).records[target["server"]["id"]]
        if server["status"] != "running":
            return "layer4_timeout", None
        return None if self.can_reach(load_balancer, target, server) else ("layer4_no_connection", None)

    def can_reach(self, load_balancer: Record, target: Record, server: Record) -> bool:
        """Return True if a load balancer has a route to a server of a target, public or private."""
        if not target["use_private_ip"]:
            return server["public_net"]["ipv4"] is not None
        network_id = network_id_of(load_balancer)
        return network_id is not None and self.project.of(Networks).is_attached(network_id, "server", server["id"])


def _health_status(service: Record, status: str, failure: Failure | None) -> Record:
    detail, http_status_code = failure if failure is not None and status == "unhealthy" else (None, None)
    if status == "healthy" and service["health_check"]["protocol"] == "http":
        http_status_code = 200
    return {
        "listen_port": service["listen_port"],
        "status": status,
        "detail": detail,
        "http_status_code": http_status_code,
    }
