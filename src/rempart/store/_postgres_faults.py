"""What PostgreSQL and its driver report, as errors of the store."""

from typing import Final

import psycopg
from psycopg import errors

from rempart.store.errors import (
    StoreConstraintError,
    StoreDamagedError,
    StoreLockedError,
    StoreUnavailableError,
)

_AGAIN: Final = "Try again; look at the server if it goes on."
_LOCKED: Final = ("40001", "40P01", "55P03")
_GONE: Final = ("08", "57P", "25P03", "25P04")
_DAMAGED_HINT: Final = "Run `rempart doctor`; restore the store from a backup if it confirms."
_REFUSED_CONNECTION: Final = "FATAL:"
_REFUSED_HINT: Final = (
    "Put right what it says: for too many clients raise max_connections or run less workers; else look at user,"
    " password, database and pg_hba.conf. Then try again."
)
_REFUSALS: Final = (
    ("53100", "The disk of its server is full", "Make room on the server; nothing was changed."),
    ("53200", "Its server has no memory left", "Give the server more memory, or less work."),
    (
        "53300",
        "Its server takes no more connections",
        "Raise max_connections, or run less workers.",
    ),
    ("53", "Its server is at a limit", _AGAIN),
    ("25006", "It is read-only", "Name the server that takes writes, not its copy."),
    ("42501", "Its server does not allow this to our user", "Make the user owner of the database."),
    ("28", "Its server refuses our user", "Look at user, password and pg_hba.conf."),
    ("3D000", "Its server has no such database", "Make the database, or correct the URL."),
    ("57014", "A statement took too long and was ended", _AGAIN),
    ("58", "The system refused its server to read or write", "Look at the server's log."),
)


def translated(fault: BaseException | None, shown: str) -> Exception:
    """Return the error of the store for a fault of the driver, without any value of a row."""
    state = str(getattr(fault, "sqlstate", None) or "")
    if state.startswith(_LOCKED):
        msg = f"Another process is writing to the store {shown} ({state})."
        return StoreLockedError(msg, hint="Wait until it has finished, then try again.")
    for prefix, what, hint in _REFUSALS:
        if state.startswith(prefix):
            msg = f"The store {shown} cannot be used: {what[0].lower()}{what[1:]} ({state})."
            return StoreUnavailableError(msg, hint=hint)
    if _is_away(fault, state):
        return _away(fault, state, shown)
    if state.startswith(("22", "23")) or isinstance(fault, psycopg.DataError):
        return _refused(fault, state, shown)
    msg = f"The store {shown} is damaged ({state or type(fault).__name__})."
    return StoreDamagedError(msg, hint=_DAMAGED_HINT)


def pool_is_empty(shown: str) -> Exception:
    """Return the error for waiting in vain for one of this process's connections."""
    msg = f"Every connection of this process to the store {shown} is at work."
    return StoreLockedError(msg, hint="Wait until other work has finished, then try again.")


def _is_away(fault: BaseException | None, state: str) -> bool:
    if state:
        return state.startswith(_GONE)
    return isinstance(fault, (psycopg.OperationalError, psycopg.InterfaceError))


def _away(fault: BaseException | None, state: str, shown: str) -> Exception:
    # Before a connection is made there is no row whose values the text could hold, nor does it hold the password.
    lines = str(fault).strip().splitlines() if not state else []
    reason = lines[0] if lines else f"the connection ended ({state})"
    if _REFUSED_CONNECTION in reason:
        # The server is there, and the driver knows no number for why it takes no connection.
        said = reason.partition(_REFUSED_CONNECTION)[2].strip().rstrip(".")
        msg = f"The server of the store {shown} takes no connection from us: {said}."
        return StoreUnavailableError(msg, hint=_REFUSED_HINT)
    msg = f"The server of the store {shown} cannot be reached: {reason.rstrip('.')}."
    return StoreUnavailableError(msg, hint="Start the server, or correct the URL; then try again.")


def _refused(fault: BaseException | None, state: str, shown: str) -> Exception:
    rule = None
    if isinstance(fault, errors.IntegrityError):
        rule = fault.diag.constraint_name
    named = ", ".join(part for part in (state, rule) if part) or type(fault).__name__
    msg = f"The store {shown} refused a change that breaks its rules ({named}); nothing changed."
    return StoreConstraintError(msg, hint="Check that every record named in it exists.")
