"""Why one record of a list is refused while the rest goes on."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class BadCode(StrEnum):
    """The closed list of reasons; the names are stable."""

    ALL_ZERO = "all-zero"
    BAD_CATEGORY = "bad-category"
    BAD_DIALECT = "bad-dialect"
    BAD_ID = "bad-id"
    BAD_LABELS = "bad-labels"
    BAD_QUALITY = "bad-quality"
    BAD_QUOTING = "bad-quoting"
    BAD_REGION = "bad-region"
    BAD_SOFTWARE = "bad-software"
    BAD_URL = "bad-url"
    BAD_VALUE = "bad-value"
    DUPLICATE_MD5 = "duplicate-md5"
    EMPTY_INPUT_DIGEST = "empty-input-digest"
    FIELD_TOO_LONG = "field-too-long"
    NO_FINGERPRINT = "no-fingerprint"
    NOT_AN_OBJECT = "not-an-object"
    TOO_DEEP = "too-deep"
    TOO_MANY_FINGERPRINTS = "too-many-fingerprints"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_LINE = "unknown-line"
    WRONG_CELL_COUNT = "wrong-cell-count"
    WRONG_TYPE = "wrong-type"


BAD_RECORD_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        BadCode.ALL_ZERO: "a fingerprint is all zero bits: no media has it, or every blank one",
        BadCode.BAD_CATEGORY: "the category is not a printable text or number of at most 200 characters",
        BadCode.BAD_DIALECT: "the dialect of a PDQ is not exact, cpp512 or screen",
        BadCode.BAD_ID: "the identifier is not a printable text of at most 1,024 characters",
        BadCode.BAD_LABELS: "the labels are not in the form that Rempart writes",
        BadCode.BAD_QUALITY: "the quality of a PDQ is not a whole number from 0 to 100",
        BadCode.BAD_QUOTING: "the quotes or line ends of a CSV row do not fit together",
        BadCode.BAD_REGION: "the region is not a printable text of at most 200 characters",
        BadCode.BAD_SOFTWARE: "the software is not a printable text of at most 200 characters",
        BadCode.BAD_URL: "a URL names no host, or cannot be written in its one form",
        BadCode.BAD_VALUE: "a fingerprint is not in the written form of its kind",
        BadCode.DUPLICATE_MD5: "an earlier record of the list has the same MD5; the first one is kept",
        BadCode.EMPTY_INPUT_DIGEST: "a digest is that of the empty input: it would match every empty file",
        BadCode.FIELD_TOO_LONG: "a cell or an opaque value has more than 131,072 characters, or a video "
        "more than a day of frames",
        BadCode.NO_FINGERPRINT: "the record holds no fingerprint",
        BadCode.NOT_AN_OBJECT: "a JSON object was expected in this place",
        BadCode.TOO_DEEP: "the record is nested more than 16 levels deep",
        BadCode.TOO_MANY_FINGERPRINTS: "the record holds more than 64 fingerprints",
        BadCode.UNKNOWN_KIND: "the name of a kind of fingerprint is empty or cannot be kept",
        BadCode.UNKNOWN_LINE: "the line is in none of the forms of the md5sum family",
        BadCode.WRONG_CELL_COUNT: "the row has more or fewer cells than the header",
        BadCode.WRONG_TYPE: "a field holds another JSON type than it may",
    }
)
"""What each code means, in the words of the reference."""


class BadRecordError(Exception):
    """One record cannot be read. Raised and caught inside this package; callers get a `BadRecord`."""

    def __init__(self, code: BadCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
