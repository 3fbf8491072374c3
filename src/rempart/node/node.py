"""One installation, opened: its store, its settings, its clock and its identifiers."""

from dataclasses import dataclass
from typing import Self

from rempart.model.clock import Clock
from rempart.model.identifiers import IdentifierSource
from rempart.model.principals import Principal
from rempart.node.folder import NodeFolder
from rempart.node.identity import SystemClock, SystemIdentifiers
from rempart.node.settings import Settings, read_settings
from rempart.store import BUSY_TIMEOUT_SECONDS, Store


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node that is open for work; close it, or use it as a context manager."""

    folder: NodeFolder
    store: Store
    settings: Settings
    clock: Clock
    identifiers: IdentifierSource
    principal: Principal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self.store.close()


def open_node(
    folder: NodeFolder,
    settings: Settings | None = None,
    *,
    busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
) -> OpenNode:
    """Open a node for work as its local principal.

    Args:
        folder: of the node.
        settings: those in force; without them the file and the environment are read.
        busy_timeout_seconds: how long a write waits for another one.
    """
    settings = settings or read_settings(folder.path)
    store = open_store(folder, settings, busy_timeout_seconds=busy_timeout_seconds)
    clock = SystemClock()
    return OpenNode(
        folder=folder,
        store=store,
        settings=settings,
        clock=clock,
        identifiers=SystemIdentifiers(clock),
        principal=store.local_principal(),
    )


def open_store(
    folder: NodeFolder,
    settings: Settings | None = None,
    *,
    busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
) -> Store:
    """Open the store of a node: the database that its settings name, else the file in its folder.

    Args:
        folder: of the node.
        settings: absent means as `node.toml` and the environment say.
        busy_timeout_seconds: how long a write waits for another one.
    """
    location = folder.store_location(settings or read_settings(folder.path))
    return Store.open(location, busy_timeout_seconds=busy_timeout_seconds)
