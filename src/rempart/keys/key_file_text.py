"""The text of a key file.

    rempart-key-file 1
    key 0011223344556677 2026-11-22T09:40:00.000000Z <64 hexadecimal digits>
    check <SHA-256 of all lines above, 64 hexadecimal digits>

One `key` line for each key, newest first. The last line shows a torn file; it is no protection against a person.
"""

import hashlib
import re
from typing import Final

from rempart.keys.sealing import KeyRing, SealingKey
from rempart.model.clock import from_text, to_text

LARGEST_KEY_FILE_BYTES: Final = 16 * 1024

_HEAD: Final = "rempart-key-file 1\n"
_KEY: Final = re.compile(r"key ([0-9a-f]{16}) ([0-9TZ.:-]{27}) ([0-9a-f]{64})\n")
_CHECK: Final = re.compile(r"check ([0-9a-f]{64})\n")
_CHECK_LENGTH: Final = len("check ") + 64 + len("\n")


def key_file_text(ring: KeyRing) -> str:
    """Write the keys as a key file holds them."""
    lines = [f"key {key.id} {to_text(key.made_at)} {key.secret.hex()}\n" for key in ring.keys]
    text = _HEAD + "".join(lines)
    return f"{text}check {_digest(text)}\n"


def parse_key_file(text: str) -> KeyRing:
    """Read exactly what `key_file_text` wrote.

    Raises:
        ValueError: the text is torn, was changed, or has another form or version; the message tells no secret.
    """
    if not text.startswith(_HEAD):
        msg = "it does not begin as a key file of version 1"
        raise ValueError(msg)
    body, last = text[:-_CHECK_LENGTH], text[-_CHECK_LENGTH:]
    check = _CHECK.fullmatch(last)
    if check is None or check[1] != _digest(body):
        msg = "it is torn or was changed: its last line does not fit the lines above"
        raise ValueError(msg)
    lines = body[len(_HEAD) :].splitlines(keepends=True)
    return KeyRing(tuple(_key(number, line) for number, line in enumerate(lines, start=2)))


def _key(number: int, line: str) -> SealingKey:
    found = _KEY.fullmatch(line)
    if found is None:
        msg = f"line {number} is no key"
        raise ValueError(msg)
    key = SealingKey(secret=bytes.fromhex(found[3]), made_at=from_text(found[2]))
    if key.id != found[1]:
        msg = f"the key of line {number} is not the one that the line names"
        raise ValueError(msg)
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
