"""The connections that owe a request: who is sent away when they are too many, or too many of one client."""

import ipaddress
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

_GRACE_SECONDS: Final = 1.0
"""For so long nobody is sent away for the number of one client: a burst of connections brings its heads at once."""
_SHARE_OF_ONE_CLIENT: Final = 4
_NETWORK_BYTES_V6: Final = 8
"""What one client has of IPv6: a whole network."""


class Guest(Protocol):
    """A connection that may be told to go."""

    @property
    def origin(self) -> str | None:
        """Whose it is; nothing where that is not known."""

    def make_room(self) -> None:
        """End the connection."""


@dataclass(slots=True)
class _Waiting:
    """Connections in the order in which they came, with the moment of each."""

    heads: dict[Guest, float] = field(default_factory=dict)
    idle: dict[Guest, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.heads) + len(self.idle)

    def longest(self) -> tuple[Guest, float] | None:
        """Return who goes first: of those that owe a head the oldest, else the one that is idle longest."""
        return next(iter(self.heads.items()), None) or next(iter(self.idle.items()), None)

    def remove(self, guest: Guest) -> None:
        self.heads.pop(guest, None)
        self.idle.pop(guest, None)


class WaitingRoom:
    """Knows which connections of a worker have no request in work."""

    def __init__(
        self,
        connections_limit: int,
        *,
        knows_clients: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin empty.

        Args:
            connections_limit: most connections of the worker; one client may let a quarter of them wait.
            knows_clients: whether the other end of a connection is the client, and not a proxy for many.
            monotonic: seconds.
        """
        self._limit = max(1, connections_limit // _SHARE_OF_ONE_CLIENT)
        self._knows_clients = knows_clients
        self._monotonic = monotonic
        self._all = _Waiting()
        self._by_client: dict[str, _Waiting] = defaultdict(_Waiting)

    def owes_head(self, guest: Guest) -> None:
        """Take a connection that is new, or has begun a head; it keeps its place if it waited already."""
        self._enter(guest, is_idle=False)

    def is_idle(self, guest: Guest) -> None:
        """Take a connection whose request was answered."""
        self._enter(guest, is_idle=True)

    def leave(self, guest: Guest) -> None:
        """Forget a connection: its head is whole, or it ended."""
        self._all.remove(guest)
        origin = self._origin(guest)
        if origin is not None and origin in self._by_client:
            own = self._by_client[origin]
            own.remove(guest)
            if not len(own):
                del self._by_client[origin]

    def send_one_away(self, but: Guest) -> bool:
        """End the connection that owes a head for longest, other than one; return whether there was one."""
        oldest = next((guest for guest in self._all.heads if guest is not but), None)
        if oldest is None:
            return False
        self._send_away(oldest)
        return True

    def _enter(self, guest: Guest, *, is_idle: bool) -> None:
        if guest in (self._all.idle if is_idle else self._all.heads):
            return
        now = self._monotonic()
        origin = self._origin(guest)
        places = [self._all] if origin is None else [self._all, self._by_client[origin]]
        for each in places:
            each.remove(guest)
            (each.idle if is_idle else each.heads)[guest] = now
        if origin is not None:
            self._hold_to_share(self._by_client[origin], now)

    def _hold_to_share(self, own: _Waiting, now: float) -> None:
        while len(own) > self._limit:
            oldest = own.longest()
            if oldest is None or now - oldest[1] < _GRACE_SECONDS:
                return
            self._send_away(oldest[0])

    def _send_away(self, guest: Guest) -> None:
        self.leave(guest)
        guest.make_room()

    def _origin(self, guest: Guest) -> str | None:
        return guest.origin if self._knows_clients else None


def origin_of(host: str) -> str | None:
    """Return who counts as one client: an address of IPv4, a network of IPv6; nothing for a Unix socket."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return address.packed[:_NETWORK_BYTES_V6].hex()
