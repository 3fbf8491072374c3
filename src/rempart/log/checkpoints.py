"""The text of a checkpoint (c2sp.org/tlog-checkpoint): a log's origin, its size and its root."""

import re
from dataclasses import dataclass
from typing import Final

from rempart.log.merkle import HASH_BYTES
from rempart.log.notes import from_base64, note_format, to_base64

LARGEST_SIZE: Final = 2**63 - 1

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_FEWEST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one size.

    Attributes:
        origin: the log's identity.
        size: number of leaves.
        root: 32 bytes.
        extensions: further lines; nobody audits them, and an ML-DSA-44 signature does not cover them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of the note, with its final newline."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint.

    Raises:
        NoteFormatError: it has not exactly the written form.
    """
    lines = text.split("\n")
    if len(lines) <= _FEWEST_LINES or lines.pop() or not all(lines):
        msg = "A checkpoint has at least three lines and no empty one."
        raise note_format(msg)
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > LARGEST_SIZE:
        msg = "The size of a checkpoint is no whole number in its written form."
        raise note_format(msg)
    root_bytes = from_base64(root)
    if len(root_bytes) != HASH_BYTES:
        msg = "The root of a checkpoint is no hash of 32 bytes."
        raise note_format(msg)
    return Checkpoint(origin, int(size), root_bytes, tuple(extensions))
