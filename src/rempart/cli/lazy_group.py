"""A group of commands that are imported when they are run: the help of the group needs none of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

_BLANKS = 6  # around a command's name in click's list of commands


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """Where a command is defined, and what the help of its group says of it.

    Attributes:
        module: full name of the module.
        name: name of the command in it.
        summary: the first sentence of the command's help; a test compares the two.
    """

    module: str
    name: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(import_module(self.module), self.name)
        return command


class LazyGroup(click.Group):
    """A group that knows its commands by their places."""

    def __init__(self, *arguments: Any, places: Mapping[str, CommandPlace], **named: Any) -> None:
        """Take what click's own group takes, and each command's place by its name on the command line."""
        super().__init__(*arguments, **named)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands, in alphabetical order."""
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Return a command, imported; nothing where there is none of the name."""
        place = self.places.get(cmd_name)
        return None if place is None else place.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as click does, from their summaries."""
        names = self.list_commands(ctx)
        limit = formatter.width - _BLANKS - max(len(name) for name in names)
        rows = [
            (name, click.Command(name, help=self.places[name].summary).get_short_help_str(limit))
            for name in names
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
