"""The sockets where the service listens: bound once by the supervisor, inherited by every worker."""

import contextlib
import errno
import os
import socket
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rempart.node.addresses import ListenAddress, parse_address
from rempart.node.errors import AddressUnavailableError

_BACKLOG: Final = 2048
_UNIX_MODE: Final = 0o660
_SECONDS_FOR_A_PREDECESSOR: Final = 3.0
_PAUSE_SECONDS: Final = 0.05


class Listener(NamedTuple):
    """A socket that listens.

    Attributes:
        setting: the address as `listen` writes it.
        socket: bound and listening, not blocking.
    """

    setting: str
    socket: socket.socket

    @property
    def address(self) -> str:
        """The address with the port that the system chose."""
        wanted = parse_address(self.setting)
        if wanted.is_unix:
            return self.setting
        return str(ListenAddress(wanted.host, int(self.socket.getsockname()[1])))


def bind_listeners(
    settings: Sequence[str], *, inherited: Sequence[Listener] = ()
) -> list[Listener]:
    """Listen on every address; those that are inherited stay as they are, those not wanted any more are closed.

    A predecessor that was killed may hold the address while its workers finish: its end is waited for.

    Raises:
        AddressUnavailableError: one cannot be had. The others are closed again.
    """
    present = {listener.setting: listener for listener in inherited}
    made: list[Listener] = []
    try:
        for setting in (each for each in settings if each not in present):
            made += [Listener(setting, _bound(parse_address(setting)))]
    except BaseException:
        close_listeners(made, unlink=True)
        raise
    close_listeners([present[each] for each in present.keys() - set(settings)], unlink=True)
    fresh = {listener.setting: listener for listener in made}
    return [present.get(setting) or fresh[setting] for setting in settings]


def close_listeners(listeners: Sequence[Listener], *, unlink: bool) -> None:
    """Close sockets, and with `unlink` take the files of Unix sockets away."""
    for listener in listeners:
        listener.socket.close()
        wanted = parse_address(listener.setting)
        if unlink and wanted.is_unix:
            with contextlib.suppress(OSError):
                Path(wanted.path).unlink()


def _bound(wanted: ListenAddress) -> socket.socket:
    until = time.monotonic() + _SECONDS_FOR_A_PREDECESSOR
    while True:
        try:
            return _bind(wanted)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= until:
                raise _unavailable(wanted, error) from error
        time.sleep(_PAUSE_SECONDS)


def _bind(wanted: ListenAddress) -> socket.socket:
    if wanted.is_unix:
        return _bind_unix(wanted.path)
    family, kind, protocol, _, place = socket.getaddrinfo(
        wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with contextlib.ExitStack() as undo:
        made = undo.enter_context(socket.socket(family, kind, protocol))
        # A restart must not wait for connections of the last run to be forgotten.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(place)
        made.listen(_BACKLOG)
        made.settimeout(0)
        undo.pop_all()
    return made


def _bind_unix(path: str) -> socket.socket:
    with contextlib.ExitStack() as undo:
        made = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        _take_stale_away(path)
        made.bind(path)
        Path(path).chmod(_UNIX_MODE)
        made.listen(_BACKLOG)
        made.settimeout(0)
        undo.pop_all()
    return made


def _take_stale_away(path: str) -> None:
    """Remove the socket of a service that is gone; one that answers, and a file of another kind, stay."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.connect(path)
    except ConnectionRefusedError:
        Path(path).unlink(missing_ok=True)
    except OSError:
        return


_ADVICE: Final = {
    errno.EADDRINUSE: "Another process listens there, perhaps this service already: stop it, or name another"
    " address with --port or the setting `listen`. See: ss -ltnp",
    errno.EACCES: "The user who runs the service may not listen there: take a port from 1024 on, or give the"
    " unit AmbientCapabilities=CAP_NET_BIND_SERVICE.",
    errno.EADDRNOTAVAIL: "This machine has no such address: see `ip address`, and correct the setting `listen`.",
}


def _unavailable(wanted: ListenAddress, error: OSError) -> AddressUnavailableError:
    message = f"The service cannot listen on {wanted}: {error.strerror or error}."
    hint = _ADVICE.get(error.errno or 0, "Correct the setting `listen`.")
    return AddressUnavailableError(message, hint=hint)
