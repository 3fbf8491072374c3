"""Where a node keeps its things: one folder with the store, the settings and the index."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rempart.node.errors import NodeMissingError

NODE_VARIABLE: Final = "REMPART_NODE"


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The paths inside one node's folder."""

    path: Path

    @property
    def store(self) -> Path:
        """The store's database."""
        return self.path / "store.sqlite"

    @property
    def index(self) -> Path:
        """The folder of saved indexes, one sub-folder for each state of the store."""
        return self.path / "index"

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
        NodeMissingError: neither names one, or there is no node in it.
    """
    place = named if named is not None else environment.get(NODE_VARIABLE)
    if not place:
        message = "No node was named."
        raise NodeMissingError(
            message, hint=f"Give --node DIR or set {NODE_VARIABLE}; `rempart init` makes a node."
        )
    folder = NodeFolder(Path(place).absolute())
    if not folder.store.exists():
        message = f"There is no node in {folder.path}."
        raise NodeMissingError(
            message, hint="Make one with `rempart init`, or name another folder."
        )
    return folder
