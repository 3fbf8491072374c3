"""The OpenAPI 3.1 description of every operation, made from the same declarations that route and check it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Final, TypeAlias

import msgspec

from rempart.api.answers import Answer
from rempart.api.call import Call
from rempart.api.errors import ErrorBody
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.statuses import STATUS_MEANING, statuses_of
from rempart.model.fingerprint import EQUAL_BYTES, FIXED_BYTES, PDQ

Document: TypeAlias = dict[str, Any]  # JSON values, nested without end

PATH: Final = "/openapi.json"
_SEARCHED: Final = (PDQ, *EQUAL_BYTES)
_REFERENCE: Final = "#/components/schemas/{name}"
_TAGS: Final = {
    "matching": "Match fingerprints and files against the lists of the node.",
    "lists": "Lists and their entries.",
    "history": "What was matched, and what persons said of it.",
    "keys": "Who may use the service, and for what.",
    "audit": "The record of every write and every look into the history, and its proofs.",
    "operation": "Whether the service works, and how much it does.",
}
_REQUEST_ID: Final[Document] = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "description": "The caller's own identifier of the request, 8 to 64 of A-Z, a-z, 0-9, dot, hyphen and "
    "underscore, beginning with a letter or digit; in place of any other the service makes one. It comes back in the "
    "answer and is the reference of errors.",
    "schema": {"type": "string", "examples": ["upload-2026-000017"]},
}
_WRITE: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gives the first answer again, and nothing is done twice; "
    "with another request it is refused with 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}
_IF_NONE_MATCH: Final[Document] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags that the caller has; if the record is still the same, the answer is 304.",
    "schema": {"type": "string"},
}
_IF_MATCH: Final[Document] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "ETag that the caller saw; if the record is another by now, the answer is 412.",
    "schema": {"type": "string"},
}
_RETRY_AFTER: Final[Document] = {
    "Retry-After": {
        "description": "Seconds after which to come again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_ERROR_HEADERS: Final[dict[int, Document]] = {
    401: {"WWW-Authenticate": {"description": "A key is wanted.", "schema": {"type": "string"}}},
    405: {"Allow": {"description": "The methods that are known.", "schema": {"type": "string"}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}
_ANSWER_HEADERS: Final[Document] = {
    "X-Request-Id": {
        "description": "Identifier of the request.",
        "schema": {"type": "string"},
    }
}


def description_operation(operations: Sequence[Operation]) -> Operation:
    """Return the operation that answers the description of all operations, itself included."""

    @cache
    def document() -> bytes:
        return msgspec.json.encode(describe([*operations, itself]))

    async def answer(_: Call) -> Answer:
        return Answer(status=200, body=document())

    itself = Operation(
        method="GET",
        path=PATH,
        name="get_openapi",
        tag="operation",
        summary="This description",
        handle=answer,
        action=None,
        answers={200: AnswerForm(description="OpenAPI 3.1.", shape=dict[str, Any])},
    )
    return itself


def describe(operations: Sequence[Operation]) -> Document:
    """Return the whole description as JSON values."""
    shapes = _every_shape(operations)
    _, components = msgspec.json.schema_components([*shapes, ErrorBody], ref_template=_REFERENCE)
    components["GivenFingerprint"]["allOf"] = [_written_form(kind) for kind in _SEARCHED]
    paths: dict[str, Document] = {}
    for operation in sorted(operations, key=lambda each: (each.path, each.method)):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rempart",
            "version": version("rempart"),
            "description": "Match media against shared lists of known fingerprints, and explain every match. "
            "The service handles fingerprints and metadata; it keeps no media.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": _errors(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, as `rempart keys create` printed it.",
                }
            },
        },
        "security": [{"key": []}],
    }


def _written_form(kind: str) -> Document:
    """Return what JSON Schema says of a fingerprint's value where it is of one kind."""
    digits = 2 * FIXED_BYTES[kind]
    then: Document = {"value": {"pattern": f"^[0-9A-Fa-f]{{{digits}}}$"}}
    if kind != PDQ:
        then |= {"dialect": {"type": "null"}, "quality": {"type": "null"}}
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"properties": then},
    }


def _every_shape(operations: Iterable[Operation]) -> list[Any]:  # Any: types that msgspec describes
    shapes: list[Any] = []
    for operation in operations:
        if operation.body is not None:
            shapes.append(operation.body.shape)
        shapes += [answer.shape for answer in operation.answers.values()]
    return [shape for shape in shapes if shape is not None]


def _described(operation: Operation) -> Document:
    described: Document = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.action is None:
        described["security"] = []
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {
                media_type: _body_media(operation.body) for media_type in operation.body.media_types
            },
        }
    return described


def _parameters(operation: Operation) -> list[Document]:
    parameters: list[Document] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": meaning,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, meaning in operation.path_parameters.items()
    ]
    parameters += _query_parameters(operation.query)
    if operation.is_write:
        parameters.append(_WRITE)
    if operation.condition == "read":
        parameters.append(_IF_NONE_MATCH)
    if operation.condition == "change":
        parameters.append(_IF_MATCH)
    return [*parameters, _REQUEST_ID]


def _query_parameters(shape: Any) -> list[Document]:  # Any: a msgspec struct type, or nothing
    if shape is None:
        return []
    (reference,), components = msgspec.json.schema_components([shape], ref_template=_REFERENCE)
    schema = components[reference["$ref"].rsplit("/", 1)[1]]
    required = schema.get("required", ())
    parameters = []
    for name, described in schema["properties"].items():
        text = described.pop("description", "")
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": text,
                "schema": _given(_inlined(described, components)),
            }
        )
    return parameters


def _inlined(schema: Document, components: Mapping[str, Document]) -> Document:
    """Return a parameter's schema with the few named types of it written out."""
    if "$ref" in schema:
        return dict(components[schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return {**schema, "anyOf": [_inlined(each, components) for each in schema["anyOf"]]}
    return schema


def _given(schema: Document) -> Document:
    """Return the schema of a parameter where it is given: its absence is written by leaving it out."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    if "default" in schema and schema["default"] is not None:
        rest["default"] = schema["default"]
    if len(kinds) == 1:
        return {**kinds[0], **rest}
    return {**rest, "anyOf": kinds} if kinds else rest


def _responses(operation: Operation) -> Document:
    responses: Document = {}
    for status, answer in sorted(operation.answers.items()):
        responses[str(status)] = _answer(operation, answer)
    for status in statuses_of(operation):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{_error_name(status)}"})
    return responses


def _error_name(status: int) -> str:
    return f"Error{status}"


def _errors() -> Document:
    """Return the answer of every status that is an error, once for all operations."""
    return {
        _error_name(status): {
            "description": meaning,
            "headers": {**_ANSWER_HEADERS, **_ERROR_HEADERS.get(status, {})},
            "content": {"application/json": _media(ErrorBody, _error_example(status))},
        }
        for status, meaning in STATUS_MEANING.items()
    }


def _answer(operation: Operation, answer: AnswerForm) -> Document:
    headers = dict(_ANSWER_HEADERS)
    if answer.has_etag:
        headers["ETag"] = {"description": "State of the record.", "schema": {"type": "string"}}
    if operation.is_write:
        headers["Idempotent-Replay"] = {
            "description": "`true` where an earlier request with this Idempotency-Key was answered.",
            "schema": {"type": "string", "const": "true"},
        }
    described: Document = {"description": answer.description, "headers": headers}
    if answer.shape is not None:
        described["content"] = {
            each: _media(answer.shape, answer.example) for each in answer.media_types
        }
    elif answer.media_types != ("application/json",):
        described["content"] = {each: {} for each in answer.media_types}
    return described


def _body_media(body: BodyForm) -> Document:
    return {"schema": body.schema} if body.shape is None else _media(body.shape, body.example)


def _media(shape: Any, example: object) -> Document:  # Any: a type that msgspec describes
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_REFERENCE)
    return {"schema": schema} if example is None else {"schema": schema, "example": example}


def _error_example(status: int) -> Document:
    return {
        "error": {
            "kind": "example",
            "message": STATUS_MEANING[status],
            "hint": "What to do next.",
            "reference": "5f0c7a1e9d3b42a6b8c0d1e2",
        }
    }
