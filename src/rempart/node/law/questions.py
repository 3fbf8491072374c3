"""Questions of law: the data with the operator's overlay, and one function for each question.

Law is data that come with the program: none of this needs a node's folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rempart.law import (
    Deed,
    LawBook,
    LawShelf,
    Organisation,
    Roles,
    all_deeds,
    changes,
    compare,
    duties_of,
    find_channel,
    gazetteer,
    is_crime,
    is_dual,
    is_party,
    measure_gaps,
    open_law,
    profile,
    who_may_claim,
)
from rempart.model.clock import Clock
from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction, state_of
from rempart.model.law import DutyBearer, Material, Need, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.node.errors import LawArgumentError, LawOverlayError
from rempart.node.folder import NODE_VARIABLE, find_node_folder
from rempart.node.identity import SystemClock
from rempart.node.settings import read_settings

if TYPE_CHECKING:  # a question of law opens no node: it need not know what one is made of
    from rempart.node.node import OpenNode

LAW_OVERLAY_VARIABLE: Final = "REMPART_LAW_OVERLAY"
_FEWEST_COMPARED: Final = 2


def today(clock: Clock | None = None) -> date:
    """Return the present day in UTC."""
    return (clock or SystemClock()).now().date()


def find_law_overlay(
    named: Path | None, node: Path | None, environment: Mapping[str, str]
) -> Path | None:
    """Return the folder of the operator's own facts: the caller's, else the environment's, else the node's.

    Args:
        named: what the caller named.
        node: the folder of the node that the caller named.
        environment: where `REMPART_LAW_OVERLAY` and `REMPART_NODE` may stand.

    Raises:
        LawOverlayError: it is no folder, or holds no file of facts.
        NodeMissingError: a node was named, and there is none.
        SettingsError: its settings cannot be read; an overlay must not be lost without a word.
    """
    place = named
    if place is None and (given := environment.get(LAW_OVERLAY_VARIABLE)):
        place = Path(given)
    if place is None and (node is not None or environment.get(NODE_VARIABLE)):
        place = read_settings(find_node_folder(node, environment).path).law_overlay
    return None if place is None else checked_overlay(place)


def checked_overlay(place: Path) -> Path:
    """Return the whole path of a folder of the operator's own facts.

    Raises:
        LawOverlayError: it is no folder, or holds no file of facts.
    """
    if not place.is_dir():
        message = f"The overlay {place} is no folder."
        raise LawOverlayError(message, hint="Name a folder with files of facts, one for a state.")
    if next(place.rglob("*.toml"), None) is None:
        message = f"The overlay {place} holds no file of facts (*.toml)."
        raise LawOverlayError(message, hint="Name the folder that holds them, or no overlay.")
    return place.absolute()


def law_overlay_of(node: "OpenNode") -> Path | None:
    """Return the folder of the operator's own facts for an open node: that of the settings in force.

    Raises:
        LawOverlayError: it is no folder, or holds no file of facts.
    """
    place = node.settings.law_overlay
    return None if place is None else checked_overlay(place)


def open_law_shelf(overlay: Path | None = None) -> LawShelf:
    """Read the law data of every version, with an operator's overlay on top.

    Raises:
        LawDataRefusedError: files hold mistakes; all of them are told.
    """
    return _shipped_shelf() if overlay is None else open_law(overlay)


def law_book_of(shelf: LawShelf, version: str | None = None) -> LawBook:
    """Return one version of data that are open already.

    Raises:
        UnknownVersionError: there is no version of that name.
    """
    return LawBook(shelf.library(version))


@cache
def _shipped_shelf() -> LawShelf:
    return open_law()


def ask_crime(book: LawBook, state: str, deed: Deed) -> LawAnswer:
    """Answer whether a deed is a crime in a state.

    Raises:
        UnknownJurisdictionError: the state's code is not assigned; the same for every question here.
    """
    return is_crime(book, gazetteer().check(state), deed)


def ask_dual(book: LawBook, requesting: str, requested: str, deed: Deed) -> LawAnswer:
    """Answer whether a deed is a crime in both states."""
    check = gazetteer().check
    return is_dual(book, check(requesting), check(requested), deed)


def ask_party(book: LawBook, state: str, treaty: Treaty, on: date) -> LawAnswer:
    """Answer whether a treaty binds a state on a day."""
    return is_party(book, gazetteer().check(state), treaty, on)


def ask_channel(
    book: LawBook, requesting: str, requested: str, deed: Deed, need: Need
) -> LawAnswer:
    """Answer which power one state can use towards another, on which articles and with which time limits.

    Raises:
        LawArgumentError: both are one state, or parts of one; no treaty rules what it asks of itself.
        UnknownJurisdictionError: a code is not assigned.
    """
    asking, asked = (gazetteer().check(each) for each in (requesting, requested))
    if state_of(asking) == state_of(asked):
        message = f"There is no channel between a state and itself: {asking} and {asked}."
        raise LawArgumentError(
            message, hint="Name two states; within one, its own law says who may ask whom."
        )
    return find_channel(book, asking, asked, deed, need)


def ask_jurisdiction(book: LawBook, roles: Roles, deed: Deed) -> LawAnswer:
    """Answer which states can claim a case.

    Args:
        book: the law data.
        roles: which countries have which role in the case.
        deed: what was done; an age does not count here.
    """
    return who_may_claim(book, deed.conduct, roles, deed.on, deed.material)


def ask_duties(
    book: LawBook, kind: DutyBearer, established: str, roles: Roles, deed: Deed
) -> LawAnswer:
    """Answer what an organisation has to do.

    Args:
        book: the law data.
        kind: what the organisation is.
        established: code of the state where it is established.
        roles: which countries have which role in the case.
        deed: what was done; an age does not count here.
    """
    organisation = Organisation(kind, gazetteer().check(established))
    return duties_of(book, organisation, roles, deed.conduct, deed.material, deed.on)


def ask_country(book: LawBook, state: str, on: date) -> LawAnswer:
    """Answer what is known of a state on a day."""
    return profile(book, gazetteer().check(state), on)


def ask_compare(book: LawBook, states: Sequence[str], deeds: Sequence[Deed]) -> LawAnswer:
    """Answer how several states answer the same questions.

    Raises:
        LawArgumentError: there are fewer than two different states.
        UnknownJurisdictionError: a code is not assigned.
    """
    codes = tuple(dict.fromkeys(gazetteer().check(each) for each in states))
    if len(codes) < _FEWEST_COMPARED:
        message = "There is nothing to compare."
        raise LawArgumentError(message, hint="Name two different states or more, such as FR VN.")
    return compare(book, codes, deeds)


def every_conduct(material: Material, on: date, age: int | None = None) -> tuple[Deed, ...]:
    """Return every conduct on a class of material on a day, to compare states on all of them."""
    return all_deeds(material, on, age)


def ask_gaps(book: LawBook, state: str | None, instrument: str, on: date) -> Iterator[LawAnswer]:
    """Answer how far a state's law is from an instrument; without a state, every state with facts in turn."""
    states = states_with_facts(book) if state is None else (gazetteer().check(state),)
    return (measure_gaps(book, each, instrument, on) for each in states)


def ask_changes(old: LawBook, new: LawBook, states: Sequence[str], on: date) -> LawAnswer:
    """Answer which answers differ between two versions of the data, for some states or, without any, for all."""
    codes = [gazetteer().check(each) for each in states]
    return changes(old, new, on, codes or None)


def states_with_facts(book: LawBook) -> tuple[Jurisdiction, ...]:
    """Return every state of which the data hold facts, and every part of a state with facts of its own."""
    codes = (parse_jurisdiction(each) for each in book.library.subjects())
    return tuple(each for each in codes if each is not None)
