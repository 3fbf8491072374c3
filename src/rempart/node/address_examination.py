"""Examine the addresses of the service: is it alive there, or are they free for it?"""

import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from typing import Final

from rempart.node.addresses import ListenAddress, parse_address
from rempart.node.errors import ServiceRunningError
from rempart.node.findings import BAD, GOOD, NOTE, CheckResult
from rempart.node.node import OpenNode
from rempart.node.run_folder import RunFolder

_SECONDS_TO_ANSWER: Final = 5.0


def examine_addresses(node: OpenNode) -> Iterator[CheckResult]:
    """Ask the service how it is, if it runs; else see whether it could listen. Quiet where it never ran."""
    run = RunFolder(node.folder.path)
    if not run.path.is_dir():
        return
    try:
        os.close(run.lock())
    except ServiceRunningError:
        for url in run.addresses():
            yield _health(url)
        return
    for text in node.settings.listen:
        yield _freedom(text)


def _health(url: str) -> CheckResult:
    """Ask the running service at one of its addresses whether it is ready."""
    text = url.removeprefix("http://").removeprefix("https://")
    connection = _Connection(parse_address(text), is_tls=url.startswith("https://"))
    try:
        connection.request("GET", "/health/ready", headers={"host": "localhost"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        message = f"The service runs, and {url} does not answer: {error}."
        return CheckResult("address", BAD, message, "See the service's log; restart it.")
    finally:
        connection.close()
    if status != 200:  # noqa: PLR2004 - the status of a service that is ready
        message = f"The service at {url} is not ready (status {status})."
        return CheckResult("address", NOTE, message, "GET /health/ready says what it waits for.")
    return CheckResult("address", GOOD, f"the service at {url} is ready")


class _Connection(HTTPConnection):
    """A connection to an address of this machine; whose certificate it shows is not asked here."""

    def __init__(self, address: ListenAddress, *, is_tls: bool) -> None:
        super().__init__(_reachable(address.host), address.port, timeout=_SECONDS_TO_ANSWER)
        self._address = address
        self._is_tls = is_tls

    def connect(self) -> None:
        if self._address.is_unix:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(_SECONDS_TO_ANSWER)
            self.sock.connect(self._address.path)
        else:
            super().connect()
        if self._is_tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)


def _reachable(host: str) -> str:
    """Return where a service that listens on every address of this machine can be asked."""
    every: Sequence[tuple[str, str]] = (("0.0.0.0", "127.0.0.1"), ("::", "::1"))  # noqa: S104 - compared
    return dict(every).get(host, host)


def _freedom(text: str) -> CheckResult:
    address = parse_address(text)
    if address.is_unix or address.port == 0:
        return CheckResult("address", GOOD, f"the service is not running; {text} is its own")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asking.bind((address.host, address.port))
    except OSError as error:
        message = f"The service is not running, and {text} cannot be had: {error.strerror}."
        return CheckResult("address", NOTE, message, "See who listens there: ss -ltnp")
    return CheckResult("address", GOOD, f"the service is not running; {text} is free")
