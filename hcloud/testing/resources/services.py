"""Services of load balancers: their input, their defaults, and the operations on them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, invalid_fields, limit_exceeded
from ..resource import Body, action
from ..schema import Pattern, Record, Within
from .certificates import CertificateRef
from .health import HealthChecks, services_of

__all__ = ["ServiceInput", "ServiceOperations", "build_service", "certificate_ids_of"]

Port = Annotated[int, Within(1, 65535)]
OneToSixty = Annotated[int, Within(1, 60)]
Protocol = Literal["http", "https", "tcp"]
StatusCodePattern = Annotated[
    str, Pattern(r"(?=.{3}$|.*\*)[1-5?*][0-9?*]{0,2}", "must be a status code, or a pattern such as 2?? or 4*")
]

_DEFAULT_PORTS: dict[str, dict[str, int]] = {
    "http": {"listen_port": 80, "destination_port": 80},
    "https": {"listen_port": 443, "destination_port": 80},
    "tcp": {},
}
_DEFAULT_HTTP: Record = {
    "certificates": [],
    "cookie_lifetime": 300,
    "cookie_name": "HCLBSTICKY",
    "redirect_http": False,
    "sticky_sessions": False,
    "timeout_idle": 50,
}
_DEFAULT_HEALTH_CHECK: Record = {"interval": 15, "timeout": 10, "retries": 3}
_DEFAULT_HEALTH_CHECK_HTTP: Record = {
    "domain": "",
    "path": "/",
    "response": "",
    "status_codes": ["2??", "3??"],
    "tls": False,
}


class HttpInput(TypedDict, total=False):
    """HTTP options of a service."""

    certificates: list[CertificateRef]
    cookie_lifetime: Annotated[int, Within(1, 2**31 - 1)]
    cookie_name: Annotated[str, Pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}", "is not a valid cookie name")]
    redirect_http: bool
    sticky_sessions: bool
    timeout_idle: Annotated[int, Within(30, 300)]


class HealthCheckHttpInput(TypedDict, total=False):
    """Request that an HTTP health check sends, and the response that it expects."""

    domain: str
    path: str
    response: str
    status_codes: list[StatusCodePattern]
    tls: bool


class HealthCheckInput(TypedDict, total=False):
    """Health check of a service."""

    protocol: Literal["http", "tcp"]
    port: Port
    interval: OneToSixty
    timeout: OneToSixty
    retries: OneToSixty
    http: HealthCheckHttpInput


class _RequiredServiceInput(TypedDict):
    protocol: Protocol


class ServiceInput(_RequiredServiceInput, total=False):
    """Service of a new load balancer."""

    listen_port: Port
    destination_port: Port
    proxyprotocol: bool
    http: HttpInput
    health_check: HealthCheckInput


def certificate_ids_of(services: list[Record]) -> set[int]:
    """Return the IDs of the certificates that services use."""
    return {number for service in services for number in service.get("http", {}).get("certificates", ())}


def build_service(arguments: Any, current: Record | None = None, prefix: str = "") -> Record:
    """Return a service record: the arguments, completed by the current values and the defaults.

    :param arguments: Fields of the service by name; ``None`` stands for a missing field
    :param current: Current record of a service that is changed
    :param prefix: Prefix of field names in errors
    :raises ErrorResponse: ``invalid_input``
    """
    before = current or {}
    protocol = arguments["protocol"] or before["protocol"]
    service: Record = {"protocol": protocol}
    defaults = {"proxyprotocol": False, **_DEFAULT_PORTS[protocol]}
    for field in ("listen_port", "destination_port", "proxyprotocol"):
        values = (source.get(field) for source in (arguments, before, defaults))
        service[field] = next((value for value in values if value is not None), None)
    if missing := [f"{prefix}{field}" for field, value in service.items() if value is None]:
        raise invalid_fields({field: ["missing required field for protocol tcp"] for field in missing})
    if protocol != "tcp":
        service["http"] = _build_http(protocol, arguments, before, prefix)
    elif arguments.get("http"):
        raise invalid(f"{prefix}http", "must not be given for protocol tcp")
    service["health_check"] = _build_health_check(service, arguments, before)
    return service


def _build_http(protocol: str, arguments: Any, before: Record, prefix: str) -> Record:
    changes = dict(arguments.get("http") or {})
    if "certificates" in changes:
        changes["certificates"] = [certificate["id"] for certificate in changes["certificates"]]
    kept = before.get("http", {}) if before.get("protocol") == protocol else {}
    http = {**_DEFAULT_HTTP, **kept, **changes}
    if protocol == "https" and not http["certificates"]:
        raise invalid(f"{prefix}http.certificates", "must be given for protocol https")
    if protocol == "http" and http["certificates"]:
        raise invalid(f"{prefix}http.certificates", "must not be given for protocol http")
    if protocol == "http" and http["redirect_http"]:
        raise invalid(f"{prefix}http.redirect_http", "needs protocol https")
    return http


def _build_health_check(service: Record, arguments: Any, before: Record) -> Record:
    changes = dict(arguments.get("health_check") or {})
    http_changes = changes.pop("http", {})
    health_check: Record = {
        "protocol": "tcp" if service["protocol"] == "tcp" else "http",
        "port": service["destination_port"],
        **_DEFAULT_HEALTH_CHECK,
        **before.get("health_check", {}),
        **changes,
    }
    http = health_check.pop("http", {})
    if health_check["protocol"] == "http":
        health_check["http"] = {**_DEFAULT_HEALTH_CHECK_HTTP, **http, **http_changes}
    return health_check


class ServiceOperations(HealthChecks):
    """Part of the load balancers that adds, changes and deletes services."""

    @action()
    def add_service(
        self,
        load_balancer: Record,
        *,
        protocol: Protocol,
        listen_port: Port | None = None,
        destination_port: Port | None = None,
        proxyprotocol: bool | None = None,
        http: HttpInput | None = None,
        health_check: HealthCheckInput | None = None,
    ) -> Body:
        """Add a service."""
        arguments = {
            "protocol": protocol,
            "listen_port": listen_port,
            "destination_port": destination_port,
            "proxyprotocol": proxyprotocol,
            "http": http,
            "health_check": health_check,
        }
        service = build_service(arguments)
        self.check_service(load_balancer, service)
        if len(self.new_services(load_balancer)) >= load_balancer["load_balancer_type"]["max_services"]:
            raise limit_exceeded("load_balancer_service")
        return {"action": self._start_change(load_balancer, "add_service", service["listen_port"], service)}

    @action()
    def update_service(
        self,
        load_balancer: Record,
        *,
        listen_port: Port,
        protocol: Protocol | None = None,
        destination_port: Port | None = None,
        proxyprotocol: bool | None = None,
        http: HttpInput | None = None,
        health_check: HealthCheckInput | None = None,
    ) -> Body:
        """Change the service that listens on a port."""
        current = self._find_service(load_balancer, listen_port)
        arguments = {
            "protocol": protocol,
            "destination_port": destination_port,
            "proxyprotocol": proxyprotocol,
            "http": http,
            "health_check": health_check,
        }
        changed = build_service(arguments, current)
        self.check_service(load_balancer, changed, current)
        return {"action": self._start_change(load_balancer, "update_service", listen_port, changed)}

    @action()
    def delete_service(self, load_balancer: Record, *, listen_port: Port) -> Body:
        """Delete the service that listens on a port."""
        self._find_service(load_balancer, listen_port)
        return {"action": self._start_change(load_balancer, "delete_service", listen_port, None)}

    def check_service(self, load_balancer: Record, service: Record, replaced: Record | None = None) -> None:
        """Check a service against the other services of a load balancer.

        :param replaced: Service that is replaced
        :raises ErrorResponse: if the port is in use, or there are too many certificates
        """
        others = [other for other in self.new_services(load_balancer) if other is not replaced]
        port = service["listen_port"]
        if any(other["listen_port"] == port for other in others):
            raise ErrorResponse("source_port_already_used", f"port {port} is in use by another service")
        limit = load_balancer["load_balancer_type"]["max_assigned_certificates"]
        if len(certificate_ids_of([*others, service])) > limit:
            raise limit_exceeded("load_balancer_certificate")

    def mark_certificates(self, load_balancer: Record, services: list[Record]) -> None:
        """Set ``used_by`` of all certificates according to the services of a load balancer."""
        user = {"id": load_balancer["id"], "type": self.singular}
        used = certificate_ids_of(services)
        for certificate in self.project["certificates"]:
            users = certificate["used_by"]
            if certificate["id"] in used and user not in users:
                users.append(user)
            elif certificate["id"] not in used and user in users:
                users.remove(user)

    def _start_change(self, load_balancer: Record, command: str, port: int, service: Record | None) -> Record:
        """Start the action that changes a service; old and new certificates are in use while it runs."""
        self.private(load_balancer)["new_services"][port] = service
        self._mark_all_certificates(load_balancer)
        effect = partial(self._set_service, load_balancer, port, service)
        undo = partial(self._forget_change, load_balancer, port, service)
        return self.start_action(load_balancer, command, effect, otherwise=undo)

    def _set_service(self, load_balancer: Record, port: int, service: Record | None) -> None:
        load_balancer["services"] = services_of(load_balancer, {port: service})
        self.update_health(load_balancer)
        self._forget_change(load_balancer, port, service)

    def _forget_change(self, load_balancer: Record, port: int, service: Record | None) -> None:
        """Forget the change of a service, unless a later action has changed the service again."""
        changes = self.private(load_balancer)["new_services"]
        if port in changes and changes[port] == service:
            del changes[port]
        self._mark_all_certificates(load_balancer)

    def _mark_all_certificates(self, load_balancer: Record) -> None:
        self.mark_certificates(load_balancer, [*load_balancer["services"], *self.new_services(load_balancer)])

    def _find_service(self, load_balancer: Record, port: int) -> Record:
        for service in self.new_services(load_balancer):
            if service["listen_port"] == port:
                return service
        raise ErrorResponse("not_found", f"load balancer has no service that listens on port {port}")
