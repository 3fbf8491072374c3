"""Whether a request came in at an address that a setting names."""

import ipaddress
from collections.abc import Iterable

from rempart.node.addresses import parse_address


def is_named(addresses: Iterable[str], server: tuple[str, int | None] | None) -> bool:
    """Tell whether one of the addresses is the one where a request came in.

    Args:
        addresses: as the setting `listen` writes them; `0.0.0.0` and `[::]` stand for every address of this machine.
        server: host and port of the connection's own end; of a Unix socket its path and None.
    """
    if server is None:
        return False
    host, port = server
    for text in addresses:
        address = parse_address(text)
        if port is None:
            if address.path == host:
                return True
        elif address.port == port and (_is_any(address.host) or _same(address.host, host)):
            return True
    return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _same(named: str, host: str) -> bool:
    if named == "localhost":
        return host == "localhost" or _is_loopback(host)
    return named == host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
