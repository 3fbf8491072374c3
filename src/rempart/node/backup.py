"""Back up a node while it is at work, and make a node of a backup: store, settings and keys in one file."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rempart.model.identifiers import EventId, NodeId
from rempart.node.creation import new_folder, settings_in_force
from rempart.node.errors import BackupRefusedError, KeysUnreadableError
from rempart.node.files import open_source, sync_folder, write_private, write_whole
from rempart.node.folder import NodeFolder
from rempart.node.node import OpenNode, open_node
from rempart.node.secrets import key_file_of
from rempart.node.settings import SETTINGS_FILE, settings_text
from rempart.store import Store

Progress = Callable[[int, int], None]
"""Called with the rows that are done and the rows that there are."""

_KEY_FILE: Final = "keys/node.key"
_ATTACHMENT: Final = re.compile(r"node\.toml|keys/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LARGEST_BYTES: Final = 1 << 20
_PLACES: Final = re.compile(r"^[ \t]*(?:store|key_file)[ \t]*=", re.MULTILINE)
"""Settings that name places of the machine that the backup comes from."""
_PASSWORD: Final = re.compile(
    rb"""(\bpostgresql(?:\+psycopg)?://[^:/\s]*):[^@\s]*(?=@)|(?<=[?&]password=)[^&\s"']*""",
    re.IGNORECASE,
)
"""Of a database, in its URL: the user may hold an `@` and the password a quotation mark, as the driver reads them."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What is in a backup.

    Attributes:
        node_id: the node.
        rows: rows of the store.
        has_keys: whether the key file is in it.
        sha256: digest over the file up to its end mark, as hexadecimal text.
        bytes: size of the file.
    """

    node_id: NodeId
    rows: int
    has_keys: bool
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored.

    Attributes:
        node_id: the node.
        path: its folder.
        store: where the store is, in words.
        has_keys: whether the key file came with it.
        newest_event: the last thing that the restored store knows of.
    """

    node_id: NodeId
    path: Path
    store: str
    has_keys: bool
    newest_event: EventId


def back_up(node: OpenNode, file: Path, *, with_keys: bool, progress: Progress) -> BackupReport:
    """Write a node's backup as of one moment; the node may be at work. The file appears whole or not at all.

    An event says that it was asked for, before anything is read: the backup holds its own event.

    Args:
        node: the node.
        file: a new file, for its owner's eyes only.
        with_keys: whether the keys go into it: with them, the file opens every secret of the node.
        progress: told of the store's rows.

    Raises:
        OutputExistsError: something has that name already.
        OutputFailedError: the disk refused; nothing is left behind.
        KeysUnreadableError: the keys cannot be read.
        StoreLockedError: another process is writing, and does not end.
    """
    attachments = _settings_of(node.folder)
    if with_keys:
        attachments |= _keys_of(node)
    with write_whole(file, is_private=True) as sink:
        _record(node, has_keys=_KEY_FILE in attachments)
        summary = node.store.dump(sink, attachments=attachments, progress=progress)
        size = sink.tell()
    return BackupReport(
        node_id=summary.node_id,
        rows=summary.rows,
        has_keys=_KEY_FILE in attachments,
        sha256=summary.sha256 or "",
        bytes=size,
    )


def restore_node(file: Path, path: Path, *, store: str = "", progress: Progress) -> RestoreReport:
    """Make a node's folder of a backup, and its store; all of it or nothing. The index is built at the next use.

    Args:
        file: the backup.
        path: the folder to make; new, empty, or one whose making was cut off.
        store: URL of an empty database; without it REMPART_STORE, else a file in the folder.
        progress: told of the store's rows.

    Raises:
        DumpRefusedError: the file is no backup, torn, or altered.
        BackupRefusedError: something is in it that no backup holds.
        NodeExistsError: the folder holds something already.
        StoreExistsError: the database holds something already.
    """
    with open_source(file) as source, new_folder(path) as folder:
        summary = Store.verify_dump(source)
        _write_attachments(folder, summary.attachments, store)
        settings = settings_in_force(folder, store)
        source.seek(0)
        Store.restore(folder.store_location(settings), source, progress=progress)
    with open_node(folder, settings) as node:
        return RestoreReport(
            node_id=node.store.node.id,
            path=folder.path,
            store=node.store.shown,
            has_keys=_KEY_FILE in summary.attachments,
            newest_event=node.store.last_event_id(),
        )


def _record(node: OpenNode, *, has_keys: bool) -> None:
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.record("node.backed-up", {"with_keys": has_keys})


def _settings_of(folder: NodeFolder) -> dict[str, bytes]:
    """Return `node.toml` without the password of a database: restored, the URL is only a remark."""
    try:
        content = folder.settings.read_bytes()
        return {SETTINGS_FILE: _PASSWORD.sub(lambda found: found[1] or b"", content)}
    except FileNotFoundError:
        return {}  # a node without the file has the defaults


def _keys_of(node: OpenNode) -> dict[str, bytes]:
    """Return the key file and what else stands in the folder of keys."""
    try:
        found = {
            f"keys/{each.name}": _content(each)
            for each in (sorted(node.folder.keys.iterdir()) if node.folder.keys.is_dir() else ())
            if each.is_file() and not each.name.startswith(".")
        }
        key_file = key_file_of(node.folder, node.settings)
        if key_file.exists():
            found[_KEY_FILE] = _content(key_file)
    except OSError as error:
        message = f"The keys of the node cannot be read: {error.strerror}."
        raise KeysUnreadableError(
            message, hint="Run it as the user of the node, or with --without-keys."
        ) from error
    return found


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES or not _ATTACHMENT.fullmatch(f"keys/{path.name}"):
        message = f"{path} is no file of keys."
        raise KeysUnreadableError(message, hint="Move it out of the folder of the keys.")
    return content


def _write_attachments(folder: NodeFolder, attachments: Mapping[str, bytes], store: str) -> None:
    folder.keys.mkdir(mode=0o700)
    for name, content in {SETTINGS_FILE: b"", **attachments}.items():
        if not _ATTACHMENT.fullmatch(name):
            message = "The backup holds a file that is none of a node's."
            raise BackupRefusedError(message, hint="Use another backup; nothing was restored.")
        written = _local_settings(content, store) if name == SETTINGS_FILE else content
        write_private(folder.path / name, written)
    sync_folder(folder.keys)


def _local_settings(content: bytes, store: str) -> bytes:
    """Return the settings with the places of this machine: those of the other one are commented out."""
    try:
        text = content.decode() if content else settings_text()
    except UnicodeDecodeError:
        message = "The settings in the backup are no text."
        raise BackupRefusedError(
            message, hint="Use another backup; nothing was restored."
        ) from None
    text = _PLACES.sub(lambda found: f"# was: {found[0].lstrip()}", text)
    if store:
        text = f"store = {json.dumps(store)}\n{text}"
    return text.encode()
