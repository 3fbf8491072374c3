"""One installation, opened: its store, its settings, its clock and its identifiers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rempart.model.clock import Clock
from rempart.model.identifiers import IdentifierSource, NodeId, OrganisationId, PrincipalId
from rempart.model.principals import (
    Node,
    Organisation,
    OrganisationKind,
    Principal,
    PrincipalKind,
    is_jurisdiction,
)
from rempart.node.errors import NodeExistsError, NodePlaceError, SettingsError
from rempart.node.folder import NodeFolder
from rempart.node.identity import SystemClock, SystemIdentifiers
from rempart.node.names import is_plain_name
from rempart.node.settings import SETTINGS_FILE, Settings, read_settings, settings_text
from rempart.store import Store


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


def create_node(
    path: Path,
    *,
    organisation: str,
    kind: OrganisationKind,
    jurisdiction: str,
    is_exercise: bool,
) -> OpenNode:
    """Make a node in a folder, fix whose it is for ever, and open it.

    Raises:
        NodeExistsError: the folder holds a node or other things already.
        NodePlaceError: the folder cannot be made or written.
        SettingsError: the name or the jurisdiction has not the written form.
    """
    _check_identity(organisation, jurisdiction)
    folder = _empty_folder(path)
    clock = SystemClock()
    identifiers = SystemIdentifiers(clock)
    owner = Organisation(
        id=OrganisationId(identifiers.new()),
        name=organisation,
        kind=kind,
        jurisdiction=jurisdiction,
    )
    node = Node(
        id=NodeId(identifiers.new()),
        organisation=owner,
        is_exercise=is_exercise,
        created_at=clock.now(),
    )
    principal = Principal(
        id=PrincipalId(identifiers.new()),
        issuer="local",
        subject=f"uid-{os.getuid()}",
        organisation_id=owner.id,
        kind=PrincipalKind.LOCAL,
    )
    store = Store.create(
        folder.store, node=node, principal=principal, at=node.created_at, identifiers=identifiers
    )
    # Last: a node without the file has the defaults, but a file without a node would be in the way.
    (folder.path / SETTINGS_FILE).write_text(settings_text(), encoding="utf-8")
    return OpenNode(
        folder=folder,
        store=store,
        settings=Settings(),
        clock=clock,
        identifiers=identifiers,
        principal=principal,
    )


def open_node(folder: NodeFolder, settings: Settings | None = None) -> OpenNode:
    """Open a node for work as its local principal.

    Args:
        folder: of the node.
        settings: those in force; without them the file and the environment are read.
    """
    settings = settings or read_settings(folder.path)
    store = Store.open(folder.store)
    clock = SystemClock()
    return OpenNode(
        folder=folder,
        store=store,
        settings=settings,
        clock=clock,
        identifiers=SystemIdentifiers(clock),
        principal=store.local_principal(),
    )


def _empty_folder(path: Path) -> NodeFolder:
    folder = NodeFolder(path.absolute())
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = not any(folder.path.iterdir())
    except FileExistsError:
        is_empty = False
    except OSError as error:
        message = f"{folder.path} cannot be made: {error.strerror}."
        raise NodePlaceError(
            message, hint="Name a folder where you may write; nothing was changed."
        ) from error
    if not is_empty:
        message = f"{folder.path} exists and is not an empty folder."
        raise NodeExistsError(message, hint="Name a new folder for the node; nothing was changed.")
    return folder


def _check_identity(organisation: str, jurisdiction: str) -> None:
    if not is_plain_name(organisation):
        message = "The organisation's name is empty, has blanks around it or cannot be shown."
        raise SettingsError(message, hint="Give the name as the partners know it.")
    if not is_jurisdiction(jurisdiction):
        message = f"{jurisdiction[:20]!r} is not a jurisdiction."
        raise SettingsError(
            message, hint="Give an ISO 3166-1 or 3166-2 code in capitals: FR, GB-SCT, US-CA."
        )
