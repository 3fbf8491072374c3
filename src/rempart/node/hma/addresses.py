"""Which network addresses media may be fetched from: public ones, judged by the address that is connected to."""

import ipaddress
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_CLOSED_V4: Final = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by a carrier's customers (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link-local (RFC 3927), where clouds serve their secrets
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.52.193.0/24",  # relays (RFC 7450)
        "192.88.99.0/24",  # relays to IPv6 (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112)
    )
)
_OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
"""The only part of IPv6 that is global unicast (RFC 4291): without it fall mapped addresses and `64:ff9b::/96`."""

_CLOSED_V6: Final = tuple(
    ipaddress.IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments, with Teredo, which carries an IPv4 address (RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 carries an IPv4 address (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def parse_literal(text: str) -> Address | None:
    """Return the address that a text writes in its one usual form, or None: decimal, octal and hex are no addresses."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet can reach an address, and reaches the same machine."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in each for each in _CLOSED_V4)
    if address.scope_id is not None or address not in _OPEN_V6:
        return False
    return not any(address in each for each in _CLOSED_V6)


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine's own, in the plain form: `127.0.0.0/8` or `::1`."""
    return address.is_loopback and not (
        isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    )
