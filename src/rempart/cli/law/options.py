"""What the commands of `rempart law` share: their options, and the data and the language that these choose."""

import functools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.model.law import Conduct, Material, Role
from rempart.node import (
    LawArgumentError,
    LawBook,
    LawShelf,
    Translator,
    find_language,
    find_law_overlay,
    law_book_of,
    open_law_shelf,
    parse_day,
    today,
)

_Command = TypeVar(
    "_Command", bound=Callable[..., Any]
)  # any command function that click can decorate

_ROLES = ", ".join(each.value for each in Role)


@dataclass(frozen=True, slots=True)
class LawChoice:
    """Which data a command line chooses, and how it wants its answer."""

    overlay: Path | None
    version: str | None
    texts: Translator
    as_json: bool

    def shelf(self) -> LawShelf:
        """Return the data of every version, with the overlay on top."""
        return open_law_shelf(self.overlay)

    def book(self, version: str | None = None) -> LawBook:
        """Return the data of a version, else of the chosen one, to ask questions of."""
        return law_book_of(self.shelf(), version or self.version)

    @staticmethod
    def book_without_overlay(version: str) -> LawBook:
        """Return the shipped data of a version to ask questions of."""
        return law_book_of(open_law_shelf(), version)


class Day(click.ParamType[date]):
    """A day, written as ISO 8601."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:  # Any: as click declares it
        """Return the day; fail with what was written and how to write it."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(value)
        except LawArgumentError as error:
            self.fail(f"{error.message} {error.hint}", param, ctx)


def law_command(command: _Command) -> _Command:
    """Add the options that every command of law has; the command gets a `LawChoice` instead of them."""

    @functools.wraps(command)
    def chosen(
        *, overlay: Path | None, language: str | None, as_json: bool, **more: Any
    ) -> object:  # Any: what the command itself declares
        node = click.get_current_context().ensure_object(NodeChoice)
        choice = LawChoice(
            overlay=find_law_overlay(overlay, node.path(), os.environ),
            version=more.pop("data_version", None),
            texts=find_language(language, os.environ),
            as_json=as_json,
        )
        return cast("object", command(choice, **more))

    for option in (json_option, _language_option, _overlay_option, node_option):
        chosen = option(chosen)
    return cast("_Command", chosen)


def version_option(command: _Command) -> _Command:
    """Add `--data-version`."""
    return click.option(
        "--data-version", metavar="VERSION", help="Version of the law data; else the newest."
    )(command)


def deed_options(command: _Command) -> _Command:
    """Add `--conduct`, `--material`, `--age` and `--on`."""
    for option in (day_option, age_option, material_option, conduct_option):
        command = option(command)
    return command


def conduct_option(command: _Command) -> _Command:
    """Add `--conduct`."""
    return click.option(
        "--conduct", type=choice_of(Conduct), required=True, help="What somebody did."
    )(command)


def material_option(command: _Command) -> _Command:
    """Add `--material`."""
    return click.option(
        "--material",
        type=choice_of(Material),
        default=Material.REAL_CHILD.value,
        show_default=True,
        help="What the material shows.",
    )(command)


def day_option(command: _Command) -> _Command:
    """Add `--on`."""
    return click.option(
        "--on",
        type=Day(),
        metavar="DATE",
        default=today,
        show_default="today, UTC",
        help="Day of the question, such as 2024-06-01.",
    )(command)


def role_option(*, is_required: bool) -> Callable[[_Command], _Command]:
    """Return what adds `--role`."""
    return click.option(
        "--role",
        "roles",
        multiple=True,
        required=is_required,
        metavar="ROLE=CODE",
        help=f"A country of the case; a role is {_ROLES}. Repeatable; several codes are separated by commas.",
    )


def csv_option(command: _Command) -> _Command:
    """Add `--csv`."""
    return click.option("--csv", "as_csv", is_flag=True, help="Write CSV, one row for each cell.")(
        command
    )


def choice_of(values: Iterable[StrEnum]) -> click.Choice[str]:
    """Return the written form of every value as a choice."""
    return click.Choice([each.value for each in values])


def age_option(command: _Command) -> _Command:
    """Add `--age`."""
    return click.option(
        "--age", type=click.IntRange(0, 150), help="The child's age in years, where it is known."
    )(command)


def _overlay_option(command: _Command) -> _Command:
    return click.option(
        "--overlay",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder of your own facts; else REMPART_LAW_OVERLAY, else the node's setting.",
    )(command)


def _language_option(command: _Command) -> _Command:
    return click.option(
        "--language", type=click.Choice(["en", "fr"]), help="Language of the texts."
    )(command)
