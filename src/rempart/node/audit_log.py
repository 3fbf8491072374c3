"""The node's log of its events: what its leaves are, who signs it, and what is remembered of it outside the store."""

import contextlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rempart.log import LogDamagedError, LogForkedError, Signer
from rempart.model.clock import to_text
from rempart.model.principals import Event
from rempart.node.errors import OutputFailedError
from rempart.node.keys import node_secrets
from rempart.node.node import OpenNode
from rempart.store import Store

AUDIT_LOG: Final = "audit"
"""The log's name in the store."""

LEAF_VERSION: Final = 1

ERASED_KIND: Final = "audit.erased"
"""The kind of the event that says which event was erased, and by which law."""


def audit_origin(node: OpenNode) -> str:
    """Return who the node's audit log is, in its checkpoints and as the name of its keys."""
    return f"rempart/{node.store.node.id}/audit"


def audit_signers(node: OpenNode) -> tuple[Signer, ...]:
    """Return the keys that sign the node's checkpoints: Ed25519, then ML-DSA-44; they are made on first use."""
    return node_secrets(node).signing_keys()


def leaf_content(event: Event) -> bytes:
    """Return the content of an event's leaf: JSON whose equal values have equal bytes, for ever in this form."""
    fields = {
        "v": LEAF_VERSION,
        "id": str(event.id),
        "kind": event.kind,
        "at": to_text(event.at),
        "principal": str(event.principal_id),
        "details": event.details,
    }
    text = json.dumps(
        fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


@dataclass(frozen=True, slots=True)
class EventContents:
    """The events of a store as contents of leaves; index 0 is the first event that was ever written."""

    store: Store

    def contents(self, first: int, limit: int) -> list[bytes]:
        """Return the contents of at most `limit` events from an index on.

        Raises:
            LogDamagedError: an event is missing in between.
        """
        found = self.store.log.events(first, limit)
        for expected, (index, _) in enumerate(found, first):
            if index != expected:
                msg = f"The store has no event {expected}, and it has event {index}."
                raise LogDamagedError(
                    msg, hint="Keep the store as it is, and restore a backup elsewhere."
                )
        return [leaf_content(event) for _, event in found]


class RememberedCheckpoint:
    """The newest checkpoint that this machine saw, in a file beside the store.

    A store that was restored from a backup forgets what was signed after the backup, and would sign something else
    in its place. The file does not forget.
    """

    def __init__(self, node: OpenNode) -> None:
        self._path = node.folder.path / "log" / f"{AUDIT_LOG}.checkpoint"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def notes(self) -> tuple[str, ...]:
        """Return the note, or nothing where none was kept.

        Raises:
            LogForkedError: the file cannot be read, so that nobody knows what was signed.
        """
        try:
            return (self._path.read_bytes().decode("utf-8"),)
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"The remembered checkpoint {self._path} cannot be read."
            raise LogForkedError(
                msg, hint="Mend the file's rights, or put it back from a backup."
            ) from error

    def keep(self, note: str) -> None:
        """Keep a note in place of the earlier one; after a crash it is the one or the other.

        Raises:
            OutputFailedError: the disk refused.
        """
        writer = f"{os.getpid()}-{threading.get_ident()}"
        partial = self._path.with_name(f".{self._path.name}.{writer}.partial")
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            with partial.open("wb") as file:
                file.write(note.encode())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            message = f"{self._path} could not be written: {error.strerror}."
            raise OutputFailedError(
                message, hint="Free space; the checkpoint itself is in the store."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
