"""What both clients open their connections with: whom they speak to, as whom, and how safely."""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, BinaryIO, Final

import httpx

from rempart.client.errors import CallError
from rempart.client.patience import REQUEST_ID, Retries, Send
from rempart.client.requests import FormFile

_CONNECT_SECONDS: Final = 5.0
_LARGEST_PORT: Final = 65_535
_OCTETS: Final = "application/octet-stream"
_REFERENCE_BYTES: Final = 12
_random: Final = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Whom a client speaks to.

    Attributes:
        base_url: address of the service; `http` only on this machine, unless `allow_plain_http`.
        key: an API key; absent for the health of a service.
        timeout: seconds of silence after which an answer is given up.
        retries: when a request is sent again.
        tls_context: trusts further certificates, or shows one; the standard trust store without it.
        allow_plain_http: whether the key may cross a network unprotected.
    """

    base_url: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retries: Retries = field(default_factory=Retries)
    tls_context: ssl.SSLContext | None = None
    allow_plain_http: bool = False

    def __post_init__(self) -> None:
        """Check what would fail later, or be unsafe.

        Raises:
            CallError: the address is none or unsafe, the key has not its form, or the certificate is not checked.
        """
        _check_address(self.base_url, allow_plain_http=self.allow_plain_http)
        if self.key is not None and not (
            self.key and self.key.isascii() and self.key.isprintable() and " " not in self.key
        ):
            message = "The key has not its form."
            raise CallError(message, hint="Give it as `rempart keys create` printed it.")
        if self.tls_context is not None and not _checks(self.tls_context):
            message = "The TLS context does not check the certificate of the service and its name."
            raise CallError(
                message, hint="Load the certificate of your authority into the context instead."
            )

    def settings(self) -> dict[str, Any]:  # Any: keyword arguments of both kinds of httpx client
        """Return what the underlying client is made with."""
        headers = {"Accept": "application/json", "User-Agent": "rempart-client"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        return {
            "headers": headers,
            "timeout": httpx.Timeout(self.timeout, connect=min(_CONNECT_SECONDS, self.timeout)),
            "verify": True if self.tls_context is None else self.tls_context,
            "follow_redirects": False,
        }

    @contextmanager
    def sent(self, step: Send, client: httpx.Client | httpx.AsyncClient) -> Iterator[httpx.Request]:
        """Build what goes out for one try, and close its files afterwards.

        Raises:
            CallError: a file cannot be opened, or a name cannot stand in an address.
        """
        asked = step.request
        headers = [*asked.headers, (REQUEST_ID, step.reference)]
        with ExitStack() as stack:
            form: dict[str, Any] = {}  # Any: as httpx takes the parts of a form
            if asked.files is not None:
                parts: list[tuple[str, Any]] = [
                    (name, (None, value)) for name, value in asked.fields.items()
                ]
                for each in asked.files:
                    content = _opened(each, stack)
                    parts.append(("file", (each.reference, content, _OCTETS)))
                form = {"files": parts}
            yield client.build_request(
                asked.method,
                self.base_url.rstrip("/") + asked.address,
                params=list(asked.query) or None,
                headers=headers,
                content=asked.content,
                **form,
            )


def new_reference() -> str:
    """Return an identifier for a request."""
    return secrets.token_hex(_REFERENCE_BYTES)


def jitter() -> float:
    """Return a number between 0 and 1."""
    return _random.random()


def _opened(file: FormFile, stack: ExitStack) -> bytes | BinaryIO:
    try:
        content = file.opened()
    except OSError as error:
        message = "A file cannot be opened."
        raise CallError(message, hint=f"Check that it can be read: {error.strerror}.") from error
    return content if isinstance(content, bytes) else stack.enter_context(content)


def _check_address(base_url: str, *, allow_plain_http: bool) -> None:
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as error:
        message = "The address of the service is none."
        raise CallError(message, hint="Give it as https://host:port.") from error
    is_whole = url.scheme in {"http", "https"} and url.host and base_url.isprintable()
    is_possible = " " not in base_url and (url.port or 1) <= _LARGEST_PORT
    if not (is_whole and is_possible) or url.query or url.userinfo:
        message = "The address of the service is none."
        raise CallError(
            message, hint="Give it as https://host:port, without a name or password in it."
        )
    if url.scheme == "http" and not allow_plain_http and not _is_this_machine(url.host):
        message = "The key would cross the network unprotected."
        raise CallError(
            message,
            hint="Use https, or allow_plain_http=True where the network itself protects it.",
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checks(context: ssl.SSLContext) -> bool:
    return context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
