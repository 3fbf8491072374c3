"""Options that several commands share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import click

from rempart import node
from rempart.cli.messages import say

if TYPE_CHECKING:  # for the names alone: what a node is made of is imported when one is opened
    from rempart.node import NodeFolder, OpenNode

_Command = TypeVar(
    "_Command", bound=Callable[..., Any]
)  # any command function that click can decorate


@dataclass(slots=True)
class NodeChoice:
    """Which node a command line names; the option stands before or behind the command's name."""

    named: str | None = None

    def path(self) -> Path | None:
        """Return the folder that was named."""
        return Path(self.named) if self.named is not None else None

    def folder(self) -> "NodeFolder":
        """Return the folder of the named node."""
        return node.find_node_folder(self.path(), os.environ)

    def open(self) -> "OpenNode":
        """Open the named node."""
        return node.open_node(self.folder())


def node_option(command: _Command) -> _Command:
    """Add `--node DIR`."""

    def keep(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.ensure_object(NodeChoice).named = value

    return click.option(
        "--node",
        type=click.Path(),
        expose_value=False,
        callback=keep,
        help="Folder of the node; else REMPART_NODE names it.",
    )(command)


def json_option(command: _Command) -> _Command:
    """Add `--json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Write records for programs, one JSON object a line.",
    )(command)


def warn_of_password(store: str | None) -> None:
    """Say what is unsafe about a password on the command line, where the URL of a store holds one."""
    if store and _holds_password(store):
        say(
            "Warning: --store holds a password, which every user of this machine can read with ps.\n"
            "  Set REMPART_STORE in the environment instead, or `store` in node.toml."
        )


def _holds_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # told by who opens it
        return False
    return bool(parts.password) or "password" in parse_qs(parts.query)
