"""Fingerprint: a value computed from media to know it again; not the media, but sensitive all the same."""

import re
from dataclasses import dataclass
from typing import Final

PDQ: Final = "pdq"
MD5: Final = "md5"
SHA1: Final = "sha1"
SHA256: Final = "sha256"
SHA512: Final = "sha512"
PHOTODNA: Final = "photodna"
VPDQ: Final = "vpdq"
"""A video as PDQ of one frame a second; its value is the text that `rempart.model.video.frames_text` writes."""

URL: Final = "url"
"""A URL in clear text, as it was received; it is found by its `url-sha256`."""
URL_SHA256: Final = "url-sha256"
"""The hash of one host and path of a URL, by the rule of `rempart.fingerprint.urls`."""
URL_PREFIX: Final = "url-sha256-prefix"
"""The first bytes of such a hash, as lower-case hexadecimal text; it is kept and not searched."""

PDQ_BYTES: Final = 32
"""Length of a PDQ."""

DIGEST_BYTES: Final = {SHA512: 64, SHA256: 32, SHA1: 20, MD5: 16}
"""Length of each exact hash, strongest first."""

EQUAL_BYTES: Final = {**DIGEST_BYTES, URL_SHA256: 32}
"""Length of each kind that is found by equality: exact hashes of files, and hashes of URLs that stand in them."""

FIXED_BYTES: Final = {**EQUAL_BYTES, PDQ: PDQ_BYTES, PHOTODNA: 144}
"""Kinds whose values have one length; every other kind is kept opaque."""

EXACT: Final = "exact"
CPP512: Final = "cpp512"
SCREEN: Final = "screen"
PDQ_DIALECTS: Final = (EXACT, CPP512, SCREEN)

MATCHING_QUALITY_FLOOR: Final = 50
"""Below this PDQ quality a fingerprint is stored but not matched (threatexchange, pdq/signal.py)."""

_KIND: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}", re.ASCII)
_BEST_QUALITY: Final = 100


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One value with everything needed to compare it rightly.

    Attributes:
        kind: `pdq`, `sha256`, `md5`, … ; a foreign kind (`photodna`, `tmk`, …) is opaque to this node.
        value: the bytes of a known kind; the UTF-8 text as received of an opaque one.
        dialect: of a PDQ: `exact`, `cpp512` or `screen`; of anything else absent.
        quality: of a PDQ: 0 to 100; absent where the source did not say.
        software: what computed it, as `name/version`; absent where the source did not say.

    Raises:
        ValueError: kind, length, dialect or quality is not possible.
    """

    kind: str
    value: bytes
    dialect: str | None = None
    quality: int | None = None
    software: str | None = None

    def __post_init__(self) -> None:
        if _KIND.fullmatch(self.kind) is None:
            msg = f"not a kind of fingerprint: {self.kind[:40]!r}"
            raise ValueError(msg)
        expected = FIXED_BYTES.get(self.kind)
        if not self.value or (expected is not None and len(self.value) != expected):
            msg = f"a {self.kind} value has {expected or 'at least 1'} bytes, not {len(self.value)}"
            raise ValueError(msg)
        if expected is None:
            _require_text(self.kind, self.value)
        if (self.dialect is not None) != (self.kind == PDQ) or (
            self.kind == PDQ and self.dialect not in PDQ_DIALECTS
        ):
            msg = f"dialect {self.dialect!r} does not fit kind {self.kind}"
            raise ValueError(msg)
        if self.quality is not None and not 0 <= self.quality <= _BEST_QUALITY:
            msg = f"a quality lies between 0 and 100, not {self.quality}"
            raise ValueError(msg)

    @property
    def text(self) -> str:
        """The value as written in records: lower-case hexadecimal, or the text of an opaque kind."""
        return self.value.hex() if self.kind in FIXED_BYTES else self.value.decode()

    @property
    def is_matchable(self) -> bool:
        """Whether the quality, where known, allows matching by default."""
        return self.quality is None or self.quality >= MATCHING_QUALITY_FLOOR


def _require_text(kind: str, value: bytes) -> None:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        msg = f"a {kind} value is kept as the text that was received, in UTF-8"
        raise ValueError(msg) from error
