"""Whether a request came in at an address that a setting names."""

from collections.abc import Iterable

from rempart.node.addresses import ListenAddress, parse_address
from rempart.node.hma.addresses import parse_literal


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
    literal = parse_literal(host)
    return literal is not None and literal.is_unspecified


def _same(named: str, host: str) -> bool:
    return ListenAddress(host, 0).is_loopback if named == "localhost" else named == host
