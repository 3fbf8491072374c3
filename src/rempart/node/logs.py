"""The service's log: one line an event, of a closed list of fields, each of which has a form.

What has not its form is withheld: the log can hold no path with a token, query string, fingerprint, reference or
line of its own making, whoever writes to it. Records of libraries keep where they arose and the class of their error,
not their text. The address of a client is told, cut to its network, only where someone was turned away.
"""

import ipaddress
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final

import msgspec

WITHHELD: Final = "withheld"
_LOGGER: Final = logging.getLogger("rempart.service")
_LINE_BYTES: Final = 4096
"""What one write puts into a pipe at once, so that lines of several processes do not mix."""
_FRAMES: Final = 12
_V4_NETWORK: Final = 24
_V6_NETWORK: Final = 48
_TURNED_AWAY: Final = frozenset({401, 403, 429})

_EVENT: Final = re.compile(r"[a-z]+(?:[-.][a-z]+)*")
_REFERENCE: Final = re.compile(r"(?!rk_)[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ROUTE: Final = re.compile(r"none|/|(?:/(?:[a-z][a-z0-9_.-]{0,31}|\{[a-z_]{1,32}\})){1,12}/?")
_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,47}")
_PLACES: Final = re.compile(r"(?:[A-Za-z0-9_.<>-]{1,100}:[0-9]{1,7}(?: (?!\Z)|\Z)){0,14}")
_ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}|unix")
_DIGEST_LIKE: Final = re.compile(r"[0-9a-f]{24,}|rk_", re.IGNORECASE)
_LONG_DIGEST: Final = re.compile(r"[0-9a-f]{40,}", re.IGNORECASE)
"""A reference may be 32 hexadecimal digits, as proxies make them; a longer run would be a fingerprint."""
_LARGEST_NUMBER: Final = 1 << 53


def _text(form: re.Pattern[str]) -> Callable[[object], object]:
    def check(value: object) -> object:
        text = str(value)
        return text if form.fullmatch(text) else WITHHELD

    return check


def _name(form: re.Pattern[str]) -> Callable[[object], object]:
    """Take a text of a form that has nothing in it that looks like a fingerprint or a token."""

    def check(value: object) -> object:
        text = str(value)
        return text if form.fullmatch(text) and not _DIGEST_LIKE.search(text) else WITHHELD

    return check


def _reference(value: object) -> object:
    text = str(value)
    return text if _REFERENCE.fullmatch(text) and not _LONG_DIGEST.search(text) else WITHHELD


def _number(value: object) -> object:
    if (
        not isinstance(value, int | float) or not abs(value) < _LARGEST_NUMBER
    ):  # also what is no number
        return WITHHELD
    return round(value, 3)


def client_network(address: object) -> str:
    """Return the network of a client's address, enough to see where an attack comes from and not who it is."""
    try:
        known = ipaddress.ip_address(str(address))
    except ValueError:
        return WITHHELD
    prefix = _V4_NETWORK if known.version == 4 else _V6_NETWORK  # noqa: PLR2004 - the version of the protocol
    return str(ipaddress.ip_network((known, prefix), strict=False))


_FIELDS: Final[Mapping[str, Callable[[object], object]]] = {
    "request_id": _reference,
    "method": _text(_METHOD),
    "route": _name(_ROUTE),
    "status": _number,
    "duration_ms": _number,
    "principal": _text(_UUID),
    "client_network": client_network,
    "error": _name(_WORD),
    "job": _name(_WORD),
    "role": _name(_WORD),
    "library": _name(_WORD),
    "place": _name(_PLACES),
    "listen": _name(_ADDRESS),
    "reason": _name(_WORD),
    "worker": _number,
    "pid": _number,
    "exit": _number,
    "signal": _number,
    "count": _number,
    "seconds": _number,
    "generation": _number,
}


def log_event(event: str, *, level: int = logging.INFO, **details: object) -> None:
    """Write one event of the service.

    Args:
        event: its name, in the code: small letters with hyphens and points.
        level: of `logging`.
        details: of the closed list of fields; what has not its form is withheld, None is left out.
    """
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, event, extra={"details": details})


def log_request(
    *,
    request_id: str,
    method: str,
    route: str,
    status: int,
    seconds: float,
    principal: object = None,
    client: object = None,
    error: str | None = None,
) -> None:
    """Write one answered request.

    Args:
        request_id: the reference that the answer carries.
        method: of HTTP.
        route: the template of the address, never the address itself.
        status: of the answer.
        seconds: from its arrival to its answer.
        principal: identifier of the caller's principal.
        client: the client's address; only its network is told, and only of who was turned away.
        error: code of the error that was answered.
    """
    log_event(
        "request",
        level=logging.INFO,
        request_id=request_id,
        method=method,
        route=route,
        status=status,
        duration_ms=seconds * 1000,
        principal=principal,
        client_network=client if status in _TURNED_AWAY else None,
        error=error,
    )


def log_failure(event: str, error: BaseException, **details: object) -> None:
    """Write an error that nobody expected: its class and where it arose, not its text, which may quote input."""
    log_event(
        event,
        level=logging.ERROR,
        error=type(error).__name__,
        place=_places(error),
        **details,
    )


def configure_logs(log_format: str, *, worker: int | None = None) -> None:
    """Send every log record of this process to standard error as lines of the service's log.

    Args:
        log_format: `json`, `text`, or `auto`: text on a terminal.
        worker: number of this worker, for its lines.
    """
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    handler = _LineHandler(as_text=as_text, worker=worker)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    _LOGGER.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.setLevel(logging.ERROR)  # its warnings are told as events of the service
    logging.captureWarnings(capture=True)


class _LineHandler(logging.Handler):
    """Writes each record as one line, with one write."""

    def __init__(self, *, as_text: bool, worker: int | None) -> None:
        super().__init__()
        self._render = _as_text if as_text else _as_json
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a log that cannot be written must not stop the service."""
        line = line_of(record, worker=self._worker)
        try:
            os.write(2, self._render(line)[: _LINE_BYTES - 1] + b"\n")
        except OSError:
            return


def line_of(record: logging.LogRecord, *, worker: int | None = None) -> dict[str, object]:
    """Return the fields of a record that may be told."""
    moment = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    line: dict[str, object] = {
        "time": moment.isoformat(timespec="milliseconds") + "Z",
        "level": record.levelname.lower(),
    }
    if record.name == _LOGGER.name:
        event = str(record.msg)
        details = getattr(record, "details", {})
        line["event"] = event if _EVENT.fullmatch(event) else WITHHELD
    else:
        details = _of_library(record)
        line["event"] = "library"
    if worker is not None:
        line["worker"] = worker
    line["pid"] = record.process
    for name, value in details.items():
        if value is None:
            continue
        check = _FIELDS.get(name)
        if check is not None:
            line[name] = check(value)
    return line


def _of_library(record: logging.LogRecord) -> dict[str, object]:
    error = record.exc_info[1] if record.exc_info else None
    own = _place(record.pathname, record.lineno)
    return {
        "library": record.name,
        "error": None if error is None else type(error).__name__,
        "place": own if error is None else f"{own} {_places(error)}",
    }


def _places(error: BaseException) -> str:
    """Return where an error went through, the place where it arose last: files and lines, nothing of the data."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " ".join(_place(frame.filename, frame.lineno) for frame in frames)


def _place(file: str, number: int | None) -> str:
    return f"{PurePath(file).name.replace(' ', '_')}:{number or 0}"


def _as_json(line: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(line)


def _as_text(line: Mapping[str, object]) -> bytes:
    shown = dict(line)
    head = f"{shown.pop('time')} {shown.pop('level'):7} {shown.pop('event')}"
    return " ".join([head, *(f"{name}={value}" for name, value in shown.items())]).encode()
