"""Signals: HMA's word for fingerprints that a client writes as text, under the names of python-threatexchange."""

import re
from dataclasses import dataclass
from typing import Final

from rempart.model.fingerprint import EXACT, MD5, PDQ, Fingerprint
from rempart.model.lists import DEFAULT_THRESHOLD_BITS
from rempart.node.hma.errors import BadRequestError

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
