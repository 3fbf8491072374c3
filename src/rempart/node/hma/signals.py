"""Signals: HMA's word for fingerprints that a client writes as text, under the names of python-threatexchange."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from rempart.model.fingerprint import EXACT, MD5, PDQ, Fingerprint
from rempart.model.lists import DEFAULT_THRESHOLD_BITS
from rempart.model.scan import FileFingerprints
from rempart.node.hma.errors import BadRequestError

Signals: TypeAlias = Mapping[str, Fingerprint | None]
"""Signals by the names of their types; None for one whose quality is too low to match it."""

PHOTO: Final = "photo"
VIDEO: Final = "video"
CONTENT_TYPES: Final = (PHOTO, VIDEO)


@dataclass(frozen=True, slots=True)
class SignalType:
    """One kind of signal.

    Attributes:
        name: as clients write it.
        kind: as this node stores it.
        dialect: that a client's values are taken to have.
        content_type: the media that have such a signal.
        digits: hexadecimal digits of a value.
    """

    name: str
    kind: str
    dialect: str | None
    content_type: str
    digits: int

    def parse(self, text: object) -> Fingerprint:
        """Return the fingerprint that a client wrote; upper case is as good as lower case.

        Raises:
            BadRequestError: it has another form.
        """
        form = rf"[0-9a-fA-F]{{{self.digits}}}"
        if not isinstance(text, str) or re.fullmatch(form, text) is None:
            msg = f"invalid {self.name} signal: expected {self.digits} hexadecimal digits"
            raise BadRequestError(msg)
        return Fingerprint(kind=self.kind, value=bytes.fromhex(text), dialect=self.dialect)

    def compare(self, left: Fingerprint, right: Fingerprint) -> tuple[bool, int]:
        """Return whether two values match, and how far apart they are: bits of a PDQ, else 0 or 1."""
        if self.kind != PDQ:
            differ = left.value != right.value
            return not differ, int(differ)
        bits = (int.from_bytes(left.value) ^ int.from_bytes(right.value)).bit_count()
        return bits <= DEFAULT_THRESHOLD_BITS, bits


SIGNAL_TYPES: Final = {
    each.name: each
    for each in (
        SignalType("pdq", PDQ, EXACT, PHOTO, 64),
        SignalType("video_md5", MD5, None, VIDEO, 32),
    )
}


def signal_type(name: object) -> SignalType:
    """Return the signal type of a name.

    Raises:
        BadRequestError: there is none.
    """
    found = SIGNAL_TYPES.get(name) if isinstance(name, str) else None
    if found is None:
        msg = f"No such signal type '{_shown(name)}'"
        raise BadRequestError(msg)
    return found


def signal_types_for(content_type: str, wanted: str | None) -> tuple[SignalType, ...]:
    """Return the signal types of one content type.

    Args:
        content_type: `photo` or `video`.
        wanted: names with commas between; absent means every one.

    Raises:
        BadRequestError: the content type or a wanted name is unknown, or nothing is wanted.
    """
    if content_type not in CONTENT_TYPES:
        msg = f"no such content_type: '{_shown(content_type)}'"
        raise BadRequestError(msg)
    offered = {
        each.name: each for each in SIGNAL_TYPES.values() if each.content_type == content_type
    }
    if wanted is None:
        return tuple(offered.values())
    names = dict.fromkeys(each.strip() for each in wanted.split(",") if each.strip())
    for name in names:
        if name not in offered:
            msg = f"signal type '{_shown(name)}' doesn't exist or is disabled"
            raise BadRequestError(msg)
    if not names:
        msg = "empty signal type selection"
        raise BadRequestError(msg)
    return tuple(offered[name] for name in names)


def signals_from_body(given: Mapping[str, object]) -> Signals:
    """Return the signals that a client wrote, by their types.

    Raises:
        BadRequestError: there is none, a type is unknown, or a value has not its form.
    """
    if not given:
        msg = "No signals given"
        raise BadRequestError(msg)
    return {name: signal_type(name).parse(value) for name, value in given.items()}


def signals_of_media(file: FileFingerprints, wanted: Iterable[SignalType]) -> Signals:
    """Return the signals of a file that was read; None for a picture whose quality is too low to match it.

    Raises:
        BadRequestError: the file is not such media.
    """
    found: dict[str, Fingerprint | None] = {}
    for kind in wanted:
        own = [
            each
            for each in file.fingerprints
            if (each.kind, each.dialect) == (kind.kind, kind.dialect)
        ]
        if not own:
            why = "" if file.problem is None else f": {file.problem.message}"
            msg = f"The file is no {kind.content_type} that can be read{why}"
            raise BadRequestError(msg)
        found[kind.name] = own[0] if own[0].is_matchable else None
    return found


def signal_texts(signals: Signals) -> dict[str, str]:
    """Return signals as clients read them; an empty text for one whose quality is too low."""
    return {name: "" if each is None else each.text for name, each in signals.items()}


def require_quality(signals: Signals) -> dict[str, Fingerprint]:
    """Return signals of which every one can be matched.

    Raises:
        BadRequestError: the quality of one is too low.
    """
    found: dict[str, Fingerprint] = {}
    for name, each in signals.items():
        if each is None:
            msg = f"Invalid {name} signal: the quality of the media is too low to match it"
            raise BadRequestError(msg)
        found[name] = each
    return found


def signals_of(fingerprints: tuple[Fingerprint, ...]) -> dict[str, str]:
    """Return the signals among the fingerprints of an entry; other kinds have no name here."""
    found: dict[str, str] = {}
    for each in fingerprints:
        for kind in SIGNAL_TYPES.values():
            if (kind.kind, kind.dialect) == (each.kind, each.dialect):
                found.setdefault(kind.name, each.text)
    return found


def _shown(name: object) -> str:
    return str(name)[:80]
