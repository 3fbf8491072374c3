"""What clients say of a content besides its signals: metadata in HMA's shape or in coop's, and a note."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from rempart.node.hma.errors import BadRequestError

LONGEST_NOTE: Final = 255
_LONGEST_TEXT: Final = 4_000
_LONGEST_JSON: Final = 64 * 1024
_OWN_KEYS: Final = frozenset({"content_id", "content_uri", "json", "collab"})


@dataclass(frozen=True, slots=True)
class ContentMetadata:
    """Metadata of one content.

    Attributes:
        content_id: the client's own identifier.
        content_uri: the client's own address.
        json: JSON text of an object of the client's own.
    """

    content_id: str | None = None
    content_uri: str | None = None
    json: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self == ContentMetadata()

    def as_json(self) -> dict[str, object]:
        """Return the metadata as clients read them; what is absent is null."""
        return {
            "content_id": self.content_id,
            "content_uri": self.content_uri,
            "json": None if self.json is None else msgspec.json.decode(self.json),
        }


def metadata_of_body(value: object) -> ContentMetadata | None:
    """Return the metadata of a JSON body, which must have HMA's shape; None where there are none.

    Raises:
        BadRequestError: they have another shape.
    """
    if value is None:
        return None
    given = _object(value)
    unknown = set(given) - _OWN_KEYS
    if unknown:
        msg = f"Invalid metadata: the keys are {sorted(_OWN_KEYS)}"
        raise BadRequestError(msg)
    return _checked(given)


def metadata_of_form(fields: Mapping[str, str]) -> ContentMetadata | None:
    """Return the metadata of a form's fields; None where there are none.

    The field `metadata` holds HMA's shape, or any JSON object, as coop writes it; coop's other two values come as
    fields of their own.

    Raises:
        BadRequestError: the field holds no JSON object.
    """
    text = fields.get("metadata")
    found = (metadata_of_any(_decoded(text)) if text else None) or ContentMetadata()
    for name in ("content_id", "content_uri"):
        if fields.get(name):
            found = replace(found, **{name: _text(fields[name], name)})
    return None if found.is_empty else found


def metadata_of_any(value: object) -> ContentMetadata | None:
    """Return metadata in HMA's shape, or any other JSON object as the client's own; None where there are none.

    Raises:
        BadRequestError: they are no JSON object.
    """
    if value is None:
        return None
    given = _object(value)
    is_own = not set(given) - _OWN_KEYS and _fits(given)
    return _checked(given if is_own else {"json": given})


def note_of(value: object) -> str | None:
    """Return a note, or None where there is none.

    Raises:
        BadRequestError: it is no text, or has more than 255 characters.
    """
    if not value:
        return None
    if not isinstance(value, str):
        msg = "note should be a string"
        raise BadRequestError(msg)
    if len(value) > LONGEST_NOTE:
        msg = f"note must be at most {LONGEST_NOTE} characters"
        raise BadRequestError(msg)
    return _storable(value, "note")


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        msg = "metadata form field must be valid JSON"
        raise BadRequestError(msg) from error


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        msg = "metadata should be a json object"
        raise BadRequestError(msg)
    return value


def _fits(given: Mapping[str, object]) -> bool:
    texts = all(isinstance(given.get(name), str | None) for name in ("content_id", "content_uri"))
    return texts and isinstance(given.get("json"), dict | None)


def _checked(given: Mapping[str, object]) -> ContentMetadata:
    if not _fits(given):
        msg = "Invalid metadata: content_id and content_uri are texts, json is an object"
        raise BadRequestError(msg)
    own, uri, value = (given.get(name) for name in ("content_id", "content_uri", "json"))
    return ContentMetadata(
        content_id=None if own is None else _text(str(own), "content_id"),
        content_uri=None if uri is None else _text(str(uri), "content_uri"),
        json=None if value is None else _json_text(value),
    )


def _json_text(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError) as error:
        msg = "Invalid metadata: json cannot be kept"
        raise BadRequestError(msg) from error
    if len(text) > _LONGEST_JSON:
        msg = f"Invalid metadata: json has more than {_LONGEST_JSON} characters"
        raise BadRequestError(msg)
    return text


def _text(text: str, name: str) -> str:
    if len(text) > _LONGEST_TEXT:
        msg = f"Invalid metadata: {name} has more than {_LONGEST_TEXT} characters"
        raise BadRequestError(msg)
    return _storable(text, name)


def _storable(text: str, name: str) -> str:
    """Return a text that every store can keep: UTF-8 without a zero."""
    if "\0" in text or text.encode(errors="ignore").decode() != text:
        msg = f"{name} holds characters that cannot be kept"
        raise BadRequestError(msg)
    return text
