"""Where the service listens: `host:port`, `[address of version 6]:port` or `unix:/path`."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

_UNIX: Final = "unix:"
_LARGEST_PORT: Final = 65_535
_UNIX_PATH_BYTES: Final = 107
"""What the system's own structure has room for, less the closing zero."""
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]{1,63})*"
)
_PORT: Final = re.compile(r"0|[1-9][0-9]{0,4}")

ADDRESS_FORM: Final = "`host:port`, `[IPv6 address]:port` or `unix:/path`"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """One address to listen on.

    Attributes:
        host: name or address; empty for a Unix socket.
        port: 0 lets the system choose; 0 for a Unix socket.
        path: absolute path of a Unix socket; empty otherwise.
    """

    host: str
    port: int
    path: str = ""

    @property
    def is_unix(self) -> bool:
        """Whether this is a Unix socket."""
        return bool(self.path)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.is_unix or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.is_unix:
            return _UNIX + self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> ListenAddress:
    """Read the written form of an address to listen on.

    Raises:
        ValueError: it has not that form.
    """
    if text.startswith(_UNIX):
        return _unix_address(text.removeprefix(_UNIX))
    host, colon, port = text.rpartition(":")
    if not colon or not _PORT.fullmatch(port) or int(port) > _LARGEST_PORT:
        raise ValueError(ADDRESS_FORM)
    if host.startswith("[") and host.endswith("]"):
        return ListenAddress(str(ipaddress.IPv6Address(host[1:-1])), int(port))
    if not _HOST.fullmatch(host):
        raise ValueError(ADDRESS_FORM)
    if re.fullmatch(r"[0-9.]+", host):
        ipaddress.IPv4Address(host)
    return ListenAddress(host, int(port))


def _unix_address(path: str) -> ListenAddress:
    too_long = len(path.encode(errors="replace")) > _UNIX_PATH_BYTES
    # Addresses are handed on one a line.
    is_plain = not {"\0", "\n"} & set(path)
    if not path.startswith("/") or not is_plain or too_long:
        raise ValueError(ADDRESS_FORM)
    return ListenAddress("", 0, path)
