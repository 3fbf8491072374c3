"""Where a node keeps its things: one folder with the store, the settings, the keys and the index."""

import fcntl
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rempart.node.errors import NodeMissingError, NodeOwnerError
from rempart.node.settings import SETTINGS_FILE, Settings, read_settings

NODE_VARIABLE: Final = "REMPART_NODE"
_ROOT: Final = 0


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The paths inside one node's folder."""

    path: Path

    @property
    def store(self) -> Path:
        """The store's file, where the settings name no database."""
        return self.path / "store.sqlite"

    @property
    def settings(self) -> Path:
        """The file of the settings."""
        return self.path / SETTINGS_FILE

    @property
    def keys(self) -> Path:
        """The folder of the key file, where the settings name no other place."""
        return self.path / "keys"

    @property
    def unfinished(self) -> Path:
        """A mark that is there while the node is being made, and stays if that was cut off."""
        return self.path / ".unfinished"

    def store_location(self, settings: Settings) -> Path | str:
        """Return where the store is: the URL of the settings, else the file in this folder."""
        return settings.store or self.store

    @property
    def index(self) -> Path:
        """The folder of saved indexes, one sub-folder for each state of the store."""
        return self.path / "index"

    @property
    def history_journals(self) -> Path:
        """The folder of look-ups that wait on this machine for the store."""
        return self.path / "history"

    @contextmanager
    def index_lock(self) -> Iterator[None]:
        """Hold the right to write the index; waits while another process holds it."""
        self.index.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.index / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def find_node_folder(named: Path | None, environment: Mapping[str, str]) -> NodeFolder:
    """Return the folder that the caller named, else the one that REMPART_NODE names.

    Raises:
        NodeMissingError: neither names one, or there is no whole node in it.
        NodeOwnerError: it belongs to another user, and this is root.
        SettingsError: there is no store in the folder, and its settings cannot be read.
    """
    place = named if named is not None else environment.get(NODE_VARIABLE)
    if not place:
        message = "No node was named."
        raise NodeMissingError(
            message, hint=f"Give --node DIR or set {NODE_VARIABLE}; `rempart init` makes a node."
        )
    folder = NodeFolder(Path(place).absolute())
    if folder.unfinished.exists():
        message = f"The making of the node in {folder.path} was cut off, or goes on."
        raise NodeMissingError(message, hint="Run `rempart init` again: it begins anew.")
    if not folder.store.exists() and not _names_store(folder, environment):
        if folder.settings.exists():
            message = f"{folder.path} is the folder of a node, and its store is not there."
            raise NodeMissingError(
                message,
                hint="If it is in a database, set REMPART_STORE to its URL, or `store` in node.toml;"
                " if it was lost, restore a backup.",
            )
        message = f"There is no node in {folder.path}."
        raise NodeMissingError(
            message, hint="Make one with `rempart init`, or name another folder."
        )
    _refuse_what_root_would_take(folder)
    return folder


def _refuse_what_root_would_take(folder: NodeFolder) -> None:
    """Refuse to work as root on another user's node: what root writes there, the node's own service cannot read."""
    if os.geteuid() != _ROOT:
        return
    # The folder itself may be another user's, such as a volume of a container in which root made the node.
    made = next((each for each in (folder.store, folder.keys) if each.exists()), folder.settings)
    owner = _owner_of(made)
    if owner == _ROOT:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"'#{owner}'"
    message = f"The node in {folder.path} belongs to the user {name}, and this is root."
    raise NodeOwnerError(
        message,
        hint=f"Run it as that user, so that its service can read what is written: sudo -u {name} …",
    )


def _owner_of(path: Path) -> int:
    return path.stat().st_uid


def _names_store(folder: NodeFolder, environment: Mapping[str, str]) -> bool:
    """Tell whether this is the folder of a node whose store is a database elsewhere."""
    return folder.settings.exists() and bool(read_settings(folder.path, environment).store)
