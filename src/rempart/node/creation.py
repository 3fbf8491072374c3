"""Make a node, or one more folder for a node whose store is shared; whole, or begun anew the next time."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rempart.model.identifiers import NodeId, OrganisationId, PrincipalId
from rempart.model.principals import (
    Node,
    Organisation,
    OrganisationKind,
    Principal,
    PrincipalKind,
    is_jurisdiction,
)
from rempart.node.errors import NodeExistsError, NodePlaceError, SettingsError
from rempart.node.files import sync_folder, write_private
from rempart.node.folder import NodeFolder
from rempart.node.identity import SystemClock, SystemIdentifiers
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode, open_node
from rempart.node.settings import Settings, read_settings, settings_text
from rempart.store import Store

_OURS: Final = (
    "store.sqlite",
    "store.sqlite-wal",
    "store.sqlite-shm",
    "node.toml",
    "keys",
    "index",
)
"""What the making of a node leaves when it is cut off."""

_CHANGED_NOTHING: Final = "nothing was changed."


def create_node(
    path: Path,
    *,
    organisation: str,
    kind: OrganisationKind,
    jurisdiction: str,
    is_exercise: bool,
    store: str = "",
) -> OpenNode:
    """Make a node in a folder, fix whose it is for ever, and open it; it gets its keys on first need.

    Args:
        path: the folder; new, empty, or one whose making was cut off.
        organisation: whose node it is.
        kind: what the organisation is.
        jurisdiction: ISO 3166 code of its law.
        is_exercise: whether it is for exercises, for ever.
        store: URL of an empty database, kept in `node.toml`; without it REMPART_STORE, else a file in the folder.

    Raises:
        NodeExistsError: the folder holds a node or other things already.
        NodePlaceError: the folder cannot be made or written.
        SettingsError: the name, the jurisdiction or the URL has not the written form.
        StoreExistsError: the database holds something already.
    """
    _check_identity(organisation, jurisdiction)
    with new_folder(path) as folder:
        settings = _write_settings(folder, store)
        clock = SystemClock()
        identifiers = SystemIdentifiers(clock)
        node = Node(
            id=NodeId(identifiers.new()),
            organisation=Organisation(
                id=OrganisationId(identifiers.new()),
                name=organisation,
                kind=kind,
                jurisdiction=jurisdiction,
            ),
            is_exercise=is_exercise,
            created_at=clock.now(),
        )
        principal = Principal(
            id=PrincipalId(identifiers.new()),
            issuer="local",
            subject=f"uid-{os.getuid()}",
            organisation_id=node.organisation.id,
            kind=PrincipalKind.LOCAL,
        )
        Store.create(
            folder.store_location(settings),
            node=node,
            principal=principal,
            at=node.created_at,
            identifiers=identifiers,
        ).close()
    return open_node(folder, settings)


def join_node(path: Path, *, store: str = "") -> OpenNode:
    """Make one more folder for a node whose store is a database, for a further machine, and open it.

    The key file is not made: the operator copies it from a machine of the node into the folder `keys`.

    Args:
        path: the folder; new, empty, or one whose making was cut off.
        store: URL of the node's database, kept in `node.toml`; without it, REMPART_STORE names it.

    Raises:
        NodeExistsError: the folder holds a node or other things already.
        NodePlaceError: the folder cannot be made or written.
        SettingsError: no database was named, or not in the written form.
        StoreMissingError: there is no node in the database.
    """
    with new_folder(path) as folder:
        settings = _write_settings(folder, store)
        if not settings.store:
            message = "Nothing says in which database the node is."
            raise SettingsError(message, hint="Give --store URL or set REMPART_STORE.")
        Store.open(settings.store).close()
        folder.keys.mkdir(mode=0o700)
    return open_node(folder, settings)


@contextmanager
def new_folder(path: Path) -> Iterator[NodeFolder]:
    """Give an empty folder for a node; what is in it counts as a node only when the block is done.

    An exception empties it again. After a kill the mark stays, and the next to come here begins anew.
    """
    folder = NodeFolder(path.absolute())
    was_made = _make_folder(folder)
    mark = _mark(folder)
    try:
        try:
            yield folder
            sync_folder(folder.path)
        except BaseException:
            _empty(folder)
            raise
    finally:
        folder.unfinished.unlink()
        os.close(mark)
        if was_made:
            with contextlib.suppress(OSError):  # it holds a node now
                folder.path.rmdir()


def _make_folder(folder: NodeFolder) -> bool:
    """Make the folder where it is missing; tell whether it was."""
    try:
        is_new = not folder.path.exists()
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise _not_empty(folder) from None
    except OSError as error:
        raise _no_place(folder, error) from error
    return is_new


def _mark(folder: NodeFolder) -> int:
    """Mark an empty folder as unfinished, or empty one with the mark of a process that was killed.

    Returns:
        The descriptor that holds the mark for this process alone.
    """
    try:
        if folder.unfinished.exists():
            mark = _held(folder, os.O_RDWR)
            _empty(folder)
        elif any(folder.path.iterdir()):
            raise _not_empty(folder)
        else:
            mark = _held(folder, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    except OSError as error:
        raise _no_place(folder, error) from error
    # Looked at with the mark in hand: another process may have come and gone since.
    if any(each != folder.unfinished for each in folder.path.iterdir()):
        folder.unfinished.unlink()
        os.close(mark)
        raise _not_empty(folder)
    return mark


def _held(folder: NodeFolder, flags: int) -> int:
    mark = os.open(folder.unfinished, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_there = os.fstat(mark).st_nlink > 0
    except OSError:
        is_there = False
    if not is_there:
        os.close(mark)
        message = f"Another process is making a node in {folder.path}."
        raise NodeExistsError(message, hint=f"Wait for it; {_CHANGED_NOTHING}")
    return mark


def _empty(folder: NodeFolder) -> None:
    """Remove what an earlier making left, and nothing else."""
    for name in _OURS:
        left = folder.path / name
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def _write_settings(folder: NodeFolder, store: str) -> Settings:
    """Write `node.toml`, for its owner only: the URL may hold a password; return the settings in force."""
    content = settings_text()
    if store:
        named = f"store = {json.dumps(store, ensure_ascii=False)}"
        content = content.replace('# store = ""', named)
    write_private(folder.settings, content.encode())
    return settings_in_force(folder, store)


def settings_in_force(folder: NodeFolder, store: str) -> Settings:
    """Return the settings of a new folder.

    Args:
        folder: with its `node.toml`.
        store: URL that the command line named and the file holds, or nothing.

    Raises:
        SettingsError: they are wrong, or the environment names another store.
    """
    settings = read_settings(folder.path)
    if store and settings.store != store:
        message = "REMPART_STORE names another database than --store."
        raise SettingsError(message, hint="Take one of them away.")
    return settings


def _no_place(folder: NodeFolder, error: OSError) -> NodePlaceError:
    message = f"{folder.path} cannot be made: {error.strerror}."
    return NodePlaceError(message, hint=f"Name a folder where you may write; {_CHANGED_NOTHING}")


def _not_empty(folder: NodeFolder) -> NodeExistsError:
    message = f"{folder.path} exists and is not an empty folder."
    return NodeExistsError(message, hint=f"Name a new folder for the node; {_CHANGED_NOTHING}")


def _check_identity(organisation: str, jurisdiction: str) -> None:
    if not is_plain_name(organisation):
        message = "The organisation's name is empty, has blanks around it or cannot be shown."
        raise SettingsError(message, hint="Give the name as the partners know it.")
    if not is_jurisdiction(jurisdiction):
        message = f"{jurisdiction[:20]!r} is not a jurisdiction."
        raise SettingsError(
            message, hint="Give an ISO 3166-1 or 3166-2 code in capitals: FR, GB-SCT, US-CA."
        )
