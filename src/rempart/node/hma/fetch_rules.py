"""What the operator allows to fetch, and what a fetch takes and gives besides the medium."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host, as text."""


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What the operator allows.

    Attributes:
        hosts: names or addresses; `*.` before a name takes all below it. None means that nothing is fetched.
        loopback: whether this machine itself may be asked, on any port, where `hosts` names it so.
        limit_bytes: largest body.
        seconds: time for all of it, redirects included.
    """

    hosts: tuple[str, ...]
    loopback: bool
    limit_bytes: int
    seconds: float

    def allow(self, host: str) -> bool:
        """Tell whether the operator named a host."""
        return any(
            host.endswith(each[1:]) if each.startswith("*.") else host == each
            for each in self.hosts
        )


Sink = Callable[[bytes], None]
"""Takes the parts of a body while they arrive, in their order."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One medium that was handed over whole.

    Attributes:
        media_type: what the other side says it is, in lower case without parameters; absent where it says nothing.
    """

    media_type: str | None


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the system's resolver gives for a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
