"""API keys as text: how they are made, read and turned into what the store may know."""

import hashlib
import hmac
import re
import string
from typing import Final

from rempart.keys.errors import ApiKeyTextError

API_KEY_ENTROPY_BYTES: Final = 16
MAC_SECRET_BYTES: Final = 32

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BODY_DIGITS: Final = 22  # 62**22 is greater than 2**128
_CHECK_DIGITS: Final = 6
_FORM: Final = re.compile(rf"rk_([0-9A-Za-z]{{{_BODY_DIGITS}}})_([0-9A-Za-z]{{{_CHECK_DIGITS}}})")
_LENGTH: Final = len("rk_") + _BODY_DIGITS + len("_") + _CHECK_DIGITS
_CHECK_PURPOSE: Final = b"rempart api key check 1\n"
_DIGEST_PURPOSE: Final = b"rempart api key 1\n"


def api_key_text(entropy: bytes) -> str:
    """Write a new API key: `rk_`, 22 digits of base 62, `_`, and six digits that show a typing error.

    Args:
        entropy: 16 random bytes; they are the secret.

    Raises:
        ValueError: it is not 16 bytes long.
    """
    if len(entropy) != API_KEY_ENTROPY_BYTES:
        msg = f"an API key needs {API_KEY_ENTROPY_BYTES} random bytes, not {len(entropy)}"
        raise ValueError(msg)
    body = _base62(int.from_bytes(entropy, "big"), _BODY_DIGITS)
    return f"rk_{body}_{_check_digits(body)}"


def check_api_key(text: str) -> None:
    """Refuse a text that was never an API key, without asking the store.

    Raises:
        ApiKeyTextError: it has another form, or its check digits do not fit: it was mistyped or cut.
    """
    body, check = _parts(text)
    if not hmac.compare_digest(_check_digits(body).encode(), check.encode()):
        message = "The API key is mistyped: its check digits do not fit."
        raise ApiKeyTextError(message, hint="Copy the key again from where it is kept.")


def api_key_digest(text: str, *, mac_secret: bytes) -> bytes:
    """Return what the store knows of an API key: its HMAC-SHA-256 under the node's secret, 32 bytes.

    A fast hash is enough: the key is 128 random bits, not a password. Under a secret, a stolen store does not
    even let a suspected key be tested. The check digits are not looked at: a mistyped key has a digest that
    nobody knows.

    Raises:
        ApiKeyTextError: the text has not the form of an API key.
        ValueError: the secret has not 32 bytes.
    """
    _parts(text)
    if len(mac_secret) != MAC_SECRET_BYTES:
        msg = f"the secret has {len(mac_secret)} bytes, not {MAC_SECRET_BYTES}"
        raise ValueError(msg)
    return hmac.digest(mac_secret, _DIGEST_PURPOSE + text.encode(), "sha256")


def _parts(text: str) -> tuple[str, str]:
    found = _FORM.fullmatch(text) if len(text) == _LENGTH else None
    if found is None:
        message = "The text is no API key."
        raise ApiKeyTextError(message, hint="A key begins with rk_ and has 32 characters.")
    return found[1], found[2]


def _check_digits(body: str) -> str:
    digest = hashlib.sha256(_CHECK_PURPOSE + body.encode()).digest()
    return _base62(int.from_bytes(digest[:8], "big") % 62**_CHECK_DIGITS, _CHECK_DIGITS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
