"""What a child tells its supervisor: that it is ready, that it lives, or why it could not start."""

import contextlib
import os
from typing import Final

import msgspec

from rempart.model.errors import RempartError
from rempart.node.errors import ServiceStartError
from rempart.node.logs import log_failure

READY: Final = b"r"
ALIVE: Final = b"a"
_FAILED: Final = b"{"
_LARGEST_REPORT: Final = 4000
"""Below what one write puts into a pipe at once."""


class Failure(msgspec.Struct, frozen=True):
    """Why a child could not start.

    Attributes:
        code: of the error; empty where nobody expected it.
        message: of the error.
        hint: what to do.
    """

    code: str
    message: str
    hint: str

    def as_error(self) -> RempartError:
        """Return the error as its own class, where there is one of that code."""
        kind = _class_of(self.code)
        error = kind.__new__(kind)
        # Its own construction may take other arguments than what it says.
        RempartError.__init__(error, self.message, hint=self.hint)
        return error


def tell(descriptor: int, report: bytes) -> None:
    """Write a report; a supervisor that does not read it, or is gone, stops no worker."""
    with contextlib.suppress(OSError):
        os.write(descriptor, report)


def tell_failure(descriptor: int, error: BaseException) -> None:
    """Write why this child could not start."""
    error = _own_error(error)
    if isinstance(error, RempartError):
        failure = Failure(error.code, error.message[:1500], error.hint[:1500])
    else:
        log_failure("start-failed", error)
        message = f"A worker could not start: {type(error).__name__}: {str(error)[:1000]}."
        failure = Failure("", message, "See the log above; `rempart doctor` checks the node.")
    tell(descriptor, msgspec.json.encode(failure)[:_LARGEST_REPORT])


def _own_error(error: BaseException) -> BaseException:
    """Return the error that says what to do, out of the group in which an application's start ends; else the error."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    inner = [_own_error(each) for each in error.exceptions]
    own = next((each for each in inner if isinstance(each, RempartError)), None)
    return own or (inner[0] if len(inner) == 1 else error)


def failure_in(reports: bytes) -> Failure | None:
    """Return the failure that a child told, if it did."""
    at = reports.find(_FAILED)
    if at < 0:
        return None
    try:
        return msgspec.json.decode(reports[at:], type=Failure)
    except msgspec.DecodeError:
        return Failure("", "A worker could not start.", "See the log above.")


def _class_of(code: str) -> type[RempartError]:
    waiting: list[type[RempartError]] = [RempartError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code and kind is not RempartError:
            return kind
        waiting += kind.__subclasses__()
    return ServiceStartError
