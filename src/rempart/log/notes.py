"""Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature.

The reader accepts exactly the written form and, beyond the specification, refuses two signatures of one key: nothing
that we or a log of the field writes has them, and they make "who signed" a question of which line is looked at.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from rempart.log.errors import NoteFormatError

LARGEST_NOTE_BYTES: Final = 262_144
"""Room for far more than the 16 signatures of 5 kB that a reader must accept."""

LARGEST_SIGNATURES: Final = 64

KEY_ID_BYTES: Final = 4

_SIGNATURE: Final = re.compile(r"\u2014 ([^ \n]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line of a note's signatures; who signed is name and key id together.

    Attributes:
        name: the key's name.
        key_id: 4 bytes.
        signature: the bytes that the kind of key gives a meaning.
    """

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The signature as it stands in a note, with its newline."""
        return f"\u2014 {self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note as it was read: nothing in it is trusted before a signature was checked.

    Attributes:
        text: what was signed, with its final newline.
        signatures: in their order, each of another key.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def content(self) -> str:
        """The whole note as it is written."""
        return self.text + "\n" + "".join(each.line for each in self.signatures)


def parse_note(content: bytes) -> SignedNote:
    """Read a signed note.

    Raises:
        NoteFormatError: the bytes are not exactly a signed note, or larger than any that is read.
    """
    text, lines = _split(_decoded(content))
    if len(lines) > LARGEST_SIGNATURES:
        msg = f"The note has more than {LARGEST_SIGNATURES} signatures."
        raise note_format(msg)
    signatures = tuple(_signature(line) for line in lines)
    if len({(each.name, each.key_id) for each in signatures}) != len(signatures):
        msg = "The note has two signatures of one key."
        raise note_format(msg)
    return SignedNote(text=text, signatures=signatures)


def is_key_name(name: str) -> bool:
    """Tell whether a text can be a key's name: not empty, no space of any kind, no plus sign, no control character."""
    return bool(name) and not any(
        each.isspace() or each == "+" or each < " " or "\ud800" <= each <= "\udfff" for each in name
    )


def to_base64(content: bytes) -> str:
    """Write bytes in standard Base 64 with padding."""
    return base64.b64encode(content).decode("ascii")


def from_base64(text: str) -> bytes:
    """Read exactly what `to_base64` writes.

    Raises:
        NoteFormatError: any other form, also of the same bytes.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "Something in Base 64 cannot be read."
        raise note_format(msg) from error
    if to_base64(content) != text:
        msg = "Something in Base 64 is not in its only written form."
        raise note_format(msg)
    return content


def note_format(message: str) -> NoteFormatError:
    """Return the error for bytes that are not what they should be."""
    return NoteFormatError(message, hint="Get it again, byte for byte, from who wrote it.")


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_NOTE_BYTES:
        msg = f"The note is longer than {LARGEST_NOTE_BYTES:,} bytes."
        raise note_format(msg)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "The note is not UTF-8."
        raise note_format(msg) from error
    if _CONTROL.search(text):
        msg = "The note has a control character."
        raise note_format(msg)
    return text


def _split(whole: str) -> tuple[str, list[str]]:
    """Return the text and the signature lines; the last empty line stands between them."""
    text, empty_line, signatures = whole.rpartition("\n\n")
    if not empty_line or not signatures.endswith("\n"):
        msg = "The note does not end in signature lines after an empty line."
        raise note_format(msg)
    return text + "\n", signatures[:-1].split("\n")


def _signature(line: str) -> NoteSignature:
    found = _SIGNATURE.fullmatch(line)
    if found is None or not is_key_name(found[1]):
        msg = "A line of the note's signatures has not their form."
        raise note_format(msg)
    content = from_base64(found[2])
    if len(content) <= KEY_ID_BYTES:
        msg = "A signature of the note is empty."
        raise note_format(msg)
    return NoteSignature(found[1], content[:KEY_ID_BYTES], content[KEY_ID_BYTES:])
