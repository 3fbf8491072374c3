"""Operations: what the service can be asked, declared once for routing, access, limits and OpenAPI alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rempart.api.answers import Answer, StreamedAnswer
from rempart.api.call import Call
from rempart.node.service import Action

Handler: TypeAlias = Callable[[Call], Awaitable[Answer | StreamedAnswer]]
Condition: TypeAlias = Literal["none", "read", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyForm:
    """The body that an operation takes.

    Attributes:
        shape: msgspec type of it; absent for a form of files.
        media_types: the forms it may come in.
        schema: JSON Schema of a form of files, where there is no shape.
        example: one body, as JSON values.
    """

    shape: Any = None  # a type that msgspec describes, which may be a union
    schema: Mapping[str, object] | None = None
    media_types: tuple[str, ...] = ("application/json",)
    example: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """One answer of an operation that is no error.

    Attributes:
        shape: msgspec type of it; absent where there is no body, or one that no type describes.
        has_etag: says in which state the record is.
    """

    description: str
    shape: Any = None  # a type that msgspec describes, which may be a union
    media_types: tuple[str, ...] = ("application/json",)
    example: object = None
    has_etag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the service can be asked.

    Attributes:
        name: stable name, which clients take for their functions.
        action: what the caller must be allowed; absent where the operation is open to everybody.
        query: msgspec struct of the parameters after the question mark.
        path_parameters: what each name in the address means.
        is_write: takes an Idempotency-Key.
        condition: `read` answers If-None-Match, `change` obeys If-Match.
        errors: statuses of its own, besides those that every operation can have.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    handle: Handler
    action: Action | None
    description: str = ""
    query: Any = None  # a msgspec struct type
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    body: BodyForm | None = None
    answers: Mapping[int, AnswerForm]
    is_write: bool = False
    condition: Condition = "none"
    errors: tuple[int, ...] = ()
