"""What a load balancer's service is: its input, and what is usual where nothing is given."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from .error_responses import invalid
from .resources.certificates import CertificateRef
from .schema import Pattern, Record, Within

__all__ = ["HealthCheck", "Http", "Port", "Protocol", "Service", "certificates_of", "service_of"]

Port = Annotated[int, Within(1, 65535)]
OneToSixty = Annotated[int, Within(1, 60)]
Protocol = Literal["http", "https", "tcp"]

_USUAL_PORTS: dict[str, dict[str, int]] = {
    "http": {"listen_port": 80, "destination_port": 80},
    "https": {"listen_port": 443, "destination_port": 80},
    "tcp": {},
}


class Http(TypedDict, total=False):
    """How a service for HTTP works."""

    certificates: list[CertificateRef]
    cookie_lifetime: Annotated[int, Within(1, 2**31 - 1)]
    cookie_name: Annotated[str, Pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}", "is no name of a cookie")]
    redirect_http: bool
    sticky_sessions: bool
    timeout_idle: Annotated[int, Within(30, 300)]


class HealthCheckHttp(TypedDict, total=False):
    """What is asked for over HTTP, and what must come."""

    domain: str
    path: str
    response: str
    status_codes: list[
        Annotated[str, Pattern(r"(?=.{3}$|.*\*)[1-5?*][0-9?*]{0,2}", "is no status code, nor a pattern of some")]
    ]
    tls: bool


class HealthCheck(TypedDict, total=False):
    """How it is found out whether a target is well."""

    protocol: Literal["http", "tcp"]
    port: Port
    interval: OneToSixty
    timeout: OneToSixty
    retries: OneToSixty
    http: HealthCheckHttp


class _Service(TypedDict):
    protocol: Protocol


class Service(_Service, total=False):
    """What is balanced: a port, and where it leads to."""

    listen_port: Port
    destination_port: Port
    proxyprotocol: bool
    http: Http
    health_check: HealthCheck


def certificates_of(services: list[Record]) -> set[int]:
    """The ids of the certificates that services use."""
    return {number for each in services for number in each.get("http", {}).get("certificates", ())}


def service_of(wanted: Any, old: Record | None = None, at: str = "") -> Record:
    """A service as it shall be: what is given, over what it was, over what is usual."""
    before = old or {}
    protocol = wanted.get("protocol") or before["protocol"]
    usual: Record = {"proxyprotocol": False, **_USUAL_PORTS[protocol]}
    service: Record = {"protocol": protocol}
    for field in ("listen_port", "destination_port", "proxyprotocol"):
        value = wanted.get(field, before.get(field, usual.get(field)))
        if value is None:
            raise invalid(f"{at}{field}", "missing required field for protocol tcp")
        service[field] = value
    http = dict(wanted.get("http", {}))
    if "certificates" in http:
        http["certificates"] = [each["id"] for each in http["certificates"]]
    if protocol == "tcp":
        if http:
            raise invalid(f"{at}http", "must not be given for protocol tcp")
    else:
        known = before.get("http", {}) if before.get("protocol") == protocol else {}
        service["http"] = {
            "certificates": [],
            "cookie_lifetime": 300,
            "cookie_name": "HCLBSTICKY",
            "redirect_http": False,
            "sticky_sessions": False,
            "timeout_idle": 60,
            **known,
            **http,
        }
        _check_http(protocol, service["http"], at)
    service["health_check"] = _health_check(service, wanted, before)
    return service


def _check_http(protocol: str, http: Record, at: str) -> None:
    if protocol == "https" and not http["certificates"]:
        raise invalid(f"{at}http.certificates", "must be given for protocol https")
    if protocol == "http" and http["certificates"]:
        raise invalid(f"{at}http.certificates", "must not be given for protocol http")
    if protocol == "http" and http["redirect_http"]:
        raise invalid(f"{at}http.redirect_http", "needs protocol https")


def _health_check(service: Record, wanted: Any, before: Record) -> Record:
    given = dict(wanted.get("health_check", {}))
    asked = given.pop("http", {})
    check: Record = {
        "protocol": "tcp" if service["protocol"] == "tcp" else "http",
        "port": service["destination_port"],
        "interval": 15,
        "timeout": 10,
        "retries": 3,
        **before.get("health_check", {}),
        **given,
    }
    known = check.pop("http", {})
    if check["protocol"] == "http":
        usual = {"domain": "", "path": "/", "response": "", "status_codes": ["2??", "3??"], "tls": False}
        check["http"] = {**usual, **known, **asked}
    return check
