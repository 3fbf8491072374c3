"""The host of a URL in its one written form: Punycode for other scripts, dotted decimal for every form of IPv4."""

import re
import stringprep
import unicodedata
from typing import Final

_LONGEST_LABEL: Final = 63
_JOINERS: Final = "\u200c\u200d"
"""Characters that tell words apart in some scripts: browsers keep them."""
_FULL_STOPS: Final = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_ADDRESS_PARTS: Final = 4
_LARGEST_PART: Final = 2**32
_NUMBER: Final = re.compile(rb"0x0*([0-9a-f]{1,8})|0+([0-7]{0,11})|([1-9][0-9]{0,9})")
_BASES: Final = ((1, 16), (2, 8), (3, 10))


def canonical_host(host: bytes) -> tuple[bytes, bool]:
    """Return a host in its one form, not escaped yet, and whether it is an address and no name.

    A literal in brackets is only written in lower case. A name whose letters cannot be written in Punycode keeps
    its bytes.

    Args:
        host: without user, port and percent-escapes.

    Returns:
        An empty host where nothing is left.
    """
    if host.startswith(b"["):
        return host.lower(), True
    name = host if host.isascii() else _in_punycode(host)
    name = b".".join(label for label in name.lower().split(b".") if label)
    address = _address(name)
    return (name, False) if address is None else (address, True)


def _in_punycode(host: bytes) -> bytes:
    try:
        text = host.decode()
    except UnicodeDecodeError:
        return host
    labels = text.translate(_FULL_STOPS).split(".")
    return b".".join(_label(each) for each in labels)


def _label(label: str) -> bytes:
    """Return one label in ASCII; as it stands where signs in it could make other parts of the URL."""
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return label.encode()
    kept = "".join(each for each in label if each in _JOINERS or not stringprep.in_table_b1(each))
    # Each letter by itself: the lower case of a whole word depends on where in it a sigma stands.
    lowered = "".join(each.lower() for each in unicodedata.normalize("NFKC", kept))
    mapped = unicodedata.normalize("NFKC", lowered)
    if any(each.isascii() and not each.isalnum() and each not in "-_" for each in mapped):
        return label.encode()  # a fullwidth solidus has become one that ends the host
    return mapped.encode() if mapped.isascii() else b"xn--" + mapped.encode("punycode")


def _address(name: bytes) -> bytes | None:
    """Return the dotted decimal form of an IPv4 address in any form that a resolver takes; None for a name."""
    parts = name.split(b" ", 1)[0].split(b".")
    if len(parts) > _ADDRESS_PARTS:
        return None
    numbers = []
    for part in parts:
        number = _number(part)
        if number is None:
            return None
        numbers.append(number)
    # Each part but the last is one byte, and the last one fills up the rest: larger values are cut to fit.
    last_bytes = _ADDRESS_PARTS + 1 - len(numbers)
    octets = bytes(number & 0xFF for number in numbers[:-1])
    octets += (numbers[-1] % 256**last_bytes).to_bytes(last_bytes, "big")
    return b".".join(b"%d" % octet for octet in octets)


def _number(part: bytes) -> int | None:
    found = _NUMBER.fullmatch(part)
    if found is None:
        return None
    digits, base = next((found[group], base) for group, base in _BASES if found[group] is not None)
    value = int(digits or b"0", base)
    return value if value < _LARGEST_PART else None
