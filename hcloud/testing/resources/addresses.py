"""IP ranges and addresses of networks: parsing, free addresses, and the rules for subnets and routes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Annotated, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, limit_exceeded
from ..schema import Record, Validator
from .locations import NetworkZone

__all__ = [
    "MAX_SERVERS",
    "Address",
    "IPRange",
    "RouteInput",
    "SubnetInput",
    "SubnetType",
    "addresses_of",
    "build_route",
    "build_subnet",
    "check_available",
    "check_distinct",
    "check_no_overlap",
    "find_free_address",
    "mac_address",
    "parse_address",
    "parse_addresses",
    "parse_private_range",
]

SubnetType = Literal["cloud", "server", "vswitch"]

_PRIVATE_RANGES = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PUBLIC_GATEWAY = IPv4Address("172.31.1.1")
_DEFAULT_ROUTE = IPv4Network("0.0.0.0/0")

# Limits of a network; the errors beyond them are a guess.
MAX_SERVERS = 100
MAX_SUBNETS = 50
MAX_ROUTES = 100


def _check_range(text: str) -> list[str]:
    try:
        IPv4Network(text)
    except ValueError:
        return [f"'{text}' must be an IPv4 range in CIDR notation, without host bits"]
    return []


def _check_address(text: str) -> list[str]:
    try:
        IPv4Address(text)
    except AddressValueError:
        return [f"'{text}' must be an IPv4 address"]
    return []


Address = Annotated[str, Validator(_check_address)]
IPRange = Annotated[str, Validator(_check_range)]


class RouteInput(TypedDict):
    """Route of a new network."""

    destination: IPRange
    gateway: Address


class _RequiredSubnetInput(TypedDict):
    type: SubnetType
    network_zone: NetworkZone


class SubnetInput(_RequiredSubnetInput, total=False):
    """Subnet of a new network."""

    ip_range: IPRange
    vswitch_id: int


# Parsing


def parse_private_range(text: str, field: str, longest_prefix: int) -> IPv4Network:
    """Parse a private IP range.

    :param field: Name of the field in errors
    :param longest_prefix: Longest prefix allowed: the range must not be smaller
    :raises ErrorResponse: ``invalid_input``
    """
    ip_range = _parse_range(text, field)
    if not any(ip_range.subnet_of(private) for private in _PRIVATE_RANGES):
        raise invalid(field, "must be one of the private ranges of RFC 1918")
    if ip_range.prefixlen > longest_prefix:
        raise invalid(field, f"must be /{longest_prefix} or larger")
    return ip_range


def _parse_range(text: str, field: str) -> IPv4Network:
    if messages := _check_range(text):
        raise invalid(field, *messages)
    return IPv4Network(text)


def parse_address(text: str, field: str) -> IPv4Address:
    """Parse an IPv4 address.

    :raises ErrorResponse: ``invalid_input``
    """
    if messages := _check_address(text):
        raise invalid(field, *messages)
    return IPv4Address(text)


def parse_addresses(texts: Iterable[str], field: str) -> set[int]:
    """Parse IPv4 addresses into integers.

    :raises ErrorResponse: ``invalid_input``
    """
    return {int(parse_address(text, field)) for text in texts}


# Addresses of members


def addresses_of(member: Record) -> set[int]:
    """Return all addresses of a member of a network, as integers."""
    return {int(IPv4Address(ip)) for ip in (member["ip"], *member["alias_ips"])}


def mac_address(ip: str) -> str:
    """Return the MAC address of the interface with a private address."""
    return "86:00:" + IPv4Address(ip).packed.hex(":")


def check_distinct(addresses: Collection[str]) -> None:
    """Check that no address occurs twice.

    :raises ErrorResponse: ``invalid_input``
    """
    if len(set(addresses)) < len(addresses):
        raise invalid("alias_ips", "must not name an address twice, nor the member's own")


def find_free_address(
    network: Record, ip_ranges: Iterable[str], used: Collection[int], excluded: Collection[int]
) -> tuple[str, str]:
    """Return the first free address of some subnets: the range of its subnet, and the address.

    :param ip_ranges: Ranges of the subnets
    :param used: Addresses in use
    :param excluded: Further addresses that must not be returned
    :raises ErrorResponse: ``no_subnet_available``
    """
    for ip_range in ip_ranges:
        subnet = IPv4Network(ip_range)
        reserved = _reserved_addresses(network, subnet)
        for number in range(int(subnet.network_address), int(subnet.broadcast_address)):
            if number not in used and number not in reserved and number not in excluded:
                return ip_range, str(IPv4Address(number))
    raise ErrorResponse("no_subnet_available", "no address is free in the network's subnets")


def check_available(network: Record, ip_range: str, used: Collection[int], ips: Iterable[str], field: str) -> None:
    """Check that addresses belong to a subnet and are free.

    :param used: Addresses in use
    :param field: Name of the field in errors
    :raises ErrorResponse: ``invalid_input`` or ``ip_not_available``
    """
    subnet = IPv4Network(ip_range)
    reserved = _reserved_addresses(network, subnet)
    for ip in ips:
        address = parse_address(ip, field)
        if address not in subnet:
            raise invalid(field, f"{ip} is not in the subnet {ip_range}")
        if int(address) in used or int(address) in reserved:
            raise ErrorResponse("ip_not_available", f"{ip} is in use or reserved")


def _reserved_addresses(network: Record, subnet: IPv4Network) -> set[int]:
    gateway = _first_address(IPv4Network(network["ip_range"]))
    return set(map(int, (gateway, _PUBLIC_GATEWAY, subnet.network_address, subnet.broadcast_address)))


def _first_address(network: IPv4Network) -> IPv4Address:
    return network.network_address + 1


# Ranges of networks, subnets and routes


def check_no_overlap(network: Record, others: Iterable[Record]) -> None:
    """Check that the range of a network does not overlap those of other networks.

    :raises ErrorResponse: ``networks_overlap``
    """
    ip_range = IPv4Network(network["ip_range"])
    if any(ip_range.overlaps(IPv4Network(other["ip_range"])) for other in others):
        raise ErrorResponse("networks_overlap", "the network's range overlaps that of another network of the server")


def _occupied_ranges(network: Record) -> Iterator[IPv4Network]:
    """Yield the ranges of the subnets and the destinations of the routes, the default route excepted."""
    for subnet in network["subnets"]:
        yield IPv4Network(subnet["ip_range"])
    for route in network["routes"]:
        destination = IPv4Network(route["destination"])
        if destination != _DEFAULT_ROUTE:
            yield destination


def build_subnet(network: Record, arguments: SubnetInput, prefix: str = "") -> Record:
    """Check the input of a subnet and return its record; the default range is the first free /24.

    :param prefix: Prefix of field names in errors
    :raises ErrorResponse: ``invalid_input`` or ``resource_limit_exceeded``
    """
    if len(network["subnets"]) >= MAX_SUBNETS:
        raise limit_exceeded("network_subnet")
    network_range = IPv4Network(network["ip_range"])
    occupied = list(_occupied_ranges(network))
    if "ip_range" not in arguments:
        ip_range = _find_free_range(network_range, occupied, f"{prefix}ip_range")
    else:
        ip_range = parse_private_range(arguments["ip_range"], f"{prefix}ip_range", 30)
        if not ip_range.subnet_of(network_range):
            raise invalid(f"{prefix}ip_range", f"must be inside the network's range {network_range}")
        if any(ip_range.overlaps(other) for other in occupied):
            raise invalid(f"{prefix}ip_range", "overlaps another subnet or the destination of a route")
    is_vswitch = arguments["type"] == "vswitch"
    if is_vswitch is not ("vswitch_id" in arguments):
        raise invalid(f"{prefix}vswitch_id", "must be given for subnets of type vswitch, and only for them")
    return {
        "type": arguments["type"],
        "ip_range": str(ip_range),
        "network_zone": arguments["network_zone"],
        "gateway": str(_first_address(ip_range if is_vswitch else network_range)),
        "vswitch_id": arguments.get("vswitch_id"),
    }


def _find_free_range(network_range: IPv4Network, occupied: list[IPv4Network], field: str) -> IPv4Network:
    for candidate in network_range.subnets(new_prefix=max(24, network_range.prefixlen)):
        if not any(candidate.overlaps(other) for other in occupied):
            return candidate
    raise invalid(field, "no /24 is free in the network")


def build_route(network: Record, arguments: RouteInput, prefix: str = "") -> Record:
    """Check the input of a route and return its record.

    :param prefix: Prefix of field names in errors
    :raises ErrorResponse: ``invalid_input`` or ``resource_limit_exceeded``
    """
    if len(network["routes"]) >= MAX_ROUTES:
        raise limit_exceeded("network_route")
    destination = _check_destination(network, arguments["destination"], f"{prefix}destination")
    gateway = _check_gateway(network, arguments["gateway"], f"{prefix}gateway")
    return {"destination": str(destination), "gateway": str(gateway)}


def _check_destination(network: Record, text: str, field: str) -> IPv4Network:
    destination = _parse_range(text, field)
    if any(IPv4Network(route["destination"]) == destination for route in network["routes"]):
        raise invalid(field, "there is a route to this destination already")
    if destination != _DEFAULT_ROUTE:
        parse_private_range(text, field, 32)
        if any(destination.overlaps(other) for other in _occupied_ranges(network)):
            raise invalid(field, "overlaps a subnet or another route")
        if _PUBLIC_GATEWAY in destination:
            raise invalid(field, f"must not contain {_PUBLIC_GATEWAY}")
    return destination


def _check_gateway(network: Record, text: str, field: str) -> IPv4Address:
    network_range, gateway = IPv4Network(network["ip_range"]), parse_address(text, field)
    if gateway not in network_range or gateway in (_first_address(network_range), _PUBLIC_GATEWAY):
        raise invalid(field, f"must be an address in {network_range} that is not reserved")
    vswitches = (subnet for subnet in network["subnets"] if subnet["type"] == "vswitch")
    if any(gateway in IPv4Network(subnet["ip_range"]) for subnet in vswitches):
        raise invalid(field, "must not be behind a vSwitch")
    return gateway
