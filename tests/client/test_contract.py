"""The client against the service's own description: the same operations, parameters and shapes, in both directions."""

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.client.schema_values import Document, values_of

from rempart.api.metrics import Metrics
from rempart.api.openapi import describe, description_operation
from rempart.api.routes import every_operation
from rempart.client import NewEntry, Query, list_calls, match_calls
from rempart.client.methods import Operation, PagedOperation, StreamedOperation
from rempart.client.operations import Operations
from rempart.client.requests import Reply, Request

# The body of this operation is one value for the client; of all others each member is an argument.
WHOLE_BODY: Final = {"change_entry": "said"}
OF_THE_CLIENT: Final = {"language"}  # Accept-Language, which no operation declares
HEADERS: Final = {"Idempotency-Key": "idempotency_key", "If-Match": "if_match"}
SUFFIX: Final = "_if_changed"


@cache
def document() -> Document:
    """Return what the service says of itself, as a caller reads it."""
    operations = every_operation(Metrics())
    described = describe([*operations, description_operation(operations)])
    read: Document = msgspec.json.decode(msgspec.json.encode(described))
    return read


@cache
def operations() -> dict[str, tuple[str, str, Document]]:
    """Return method, path and description of every operation by its name."""
    return {
        described["operationId"]: (method.upper(), path, described)
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    }


@cache
def methods() -> dict[str, Callable[..., Any]]:
    """Return what makes the request of each method of the client that stands for one operation."""
    return {
        name: each.make
        for name, each in vars(Operations).items()
        if isinstance(each, Operation | StreamedOperation)
    }


def resolved(schema: Document) -> Document:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def body_schema(described: Document) -> Document | None:
    content = described.get("requestBody", {}).get("content", {})
    return next((each["schema"] for each in content.values()), None)


def told(value: Any) -> Any:
    """Return what a value says: nothing is said by null, and by a member that is empty; moments are moments."""
    if isinstance(value, dict):
        members = {name: told(each) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not None and each != []}
    if isinstance(value, list | tuple):
        return [told(each) for each in value]
    if isinstance(value, str) and len(value) > 18:
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return value
    return value


def only_request(made: Any) -> Request[Any]:
    """Return the one request that a method makes."""
    return made if isinstance(made, Request) else next(made)


def argument(make: Callable[..., Any], name: str, value: Any) -> Any:
    """Return a value of the description as the client's argument."""
    hint = typing.get_type_hints(make)[name]
    if typing.get_origin(hint) is Iterable:
        hint = list[typing.get_args(hint)[0]]  # type: ignore[misc] # made at run time
    if hint == match_calls._Context:
        return value
    return msgspec.convert(value, hint, strict=False)


def test_every_operation_has_a_method_and_every_method_an_operation() -> None:
    conditional = {name for name in methods() if name.endswith(SUFFIX)}

    assert set(methods()) - conditional == set(operations())
    reading_with_etag = {
        name
        for name, (_, _, described) in operations().items()
        if any(each["name"] == "If-None-Match" for each in described["parameters"])
    }
    assert {name.removesuffix(SUFFIX) for name in conditional} == reading_with_etag
    paged = {
        name
        for name, (_, _, described) in operations().items()
        if {"cursor", "after"} & {each["name"] for each in described["parameters"]}
    }
    iterators = [each for each in vars(Operations).values() if isinstance(each, PagedOperation)]
    assert {
        only_request(each.make(*needed(each.make)).request(None)).operation for each in iterators
    } == paged


def needed(make: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(make).parameters.values()
    return ["x" for each in parameters if each.default is inspect.Parameter.empty]


@pytest.mark.parametrize("name", sorted(operations()))
def test_method_has_the_parameters_of_its_operation(name: str) -> None:
    _, _, described = operations()[name]
    expected: dict[str, bool] = {}
    for each in described["parameters"]:
        if each["in"] != "header":
            expected[each["name"]] = each["required"]
        elif each["name"] in HEADERS:
            expected[HEADERS[each["name"]]] = False
        else:
            assert each["name"] in {"X-Request-Id", "If-None-Match"}
    schema = body_schema(described)
    if schema is not None:
        members = resolved(schema)
        required = members.get("required", ())
        body = {each: each in required for each in members["properties"]}
        if name in WHOLE_BODY:
            whole = typing.get_type_hints(methods()[name])[WHOLE_BODY[name]]
            own = {each.name: each.required for each in msgspec.structs.fields(whole)}
            assert own == {each: body.pop(each) for each in own}
            body[WHOLE_BODY[name]] = True
        if name == "scan":
            body["files"] = body.pop("file")
        expected |= body

    parameters = inspect.signature(methods()[name]).parameters
    has = {
        each: parameter.default is inspect.Parameter.empty
        for each, parameter in parameters.items()
        if each not in OF_THE_CLIENT
    }
    if name == "rotate_key":  # the service has the same default
        assert parameters["overlap_hours"].default == 24
    assert has == expected


@dataclass
class Drawn:
    """A request that the description admits: as it says it, and as arguments of the client."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)


def drawn(name: str, data: st.DataObject) -> Drawn:
    make, found = methods()[name], Drawn()
    described = operations()[name][2]
    for each in described["parameters"]:
        parameter, place = each["name"], each["in"]
        if place == "path":
            form = r"0|[1-9][0-9]{0,8}" if parameter == "index" else r"[a-z0-9-]{1,20}"
            found.path[parameter] = data.draw(st.from_regex(form, fullmatch=True))
        elif place == "query" and data.draw(st.booleans()):
            found.query[parameter] = data.draw(values_of(each["schema"], document()))
        elif parameter in HEADERS:
            found.arguments[HEADERS[parameter]] = "token"
    schema = body_schema(described)
    members: dict[str, Any] = {}
    if schema is not None:
        found.body = data.draw(values_of(schema, document()))
        members = dict(found.body or {})
    if name in WHOLE_BODY:
        source = {each: members.pop(each) for each in ("source",) if each in members}
        members = {WHOLE_BODY[name]: members, **source}
    for given_name, value in {**found.path, **found.query, **members}.items():
        found.arguments[given_name] = argument(make, given_name, value)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("name", sorted(set(operations()) - {"scan"}))
def test_what_the_description_admits_is_what_the_client_sends(
    name: str, data: st.DataObject
) -> None:
    method, path, described = operations()[name]
    wanted = drawn(name, data)

    request = only_request(methods()[name](**wanted.arguments))

    assert (request.operation, request.method, request.path) == (name, method, path)
    assert dict(request.names) == wanted.path
    check_query(request, wanted.query)
    for header, named in HEADERS.items():
        assert (header in dict(request.headers)) == (named in wanted.arguments)
    if wanted.body is None:
        assert request.content is None
        return
    assert request.content is not None
    decode = msgspec.msgpack.decode if name == "match" else msgspec.json.decode
    defaults = {"overlap_hours": 24} if name == "rotate_key" else {}
    assert told(decode(request.content)) == told({**defaults, **wanted.body})
    assert dict(request.headers)["Content-Type"] in described["requestBody"]["content"]


def check_query(request: Request[Any], wanted: dict[str, Any]) -> None:
    sent = dict(request.query)
    expected = {name: _text(value) for name, value in wanted.items()}
    if expected.get("withdrawn") == "false":
        del expected["withdrawn"]  # which is what its absence says
    assert told({name: sent.get(name) for name in expected}) == told(expected)
    assert sent.keys() - expected.keys() <= {"limit", "format", "first"}  # defaults, written out


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def answers() -> list[tuple[str, int]]:
    return [
        (name, int(status))
        for name, (_, _, described) in sorted(operations().items())
        for status in described["responses"]
        if int(status) < 300 or (name, status) == ("is_ready", "503")
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize(("name", "status"), answers())
def test_client_reads_every_answer_of_the_description_whole(
    name: str, status: int, data: st.DataObject
) -> None:
    _, _, described = operations()[name]
    content = described["responses"][str(status)].get("content")
    make = methods()[name]
    if name == "match":
        request: Request[Any] = match_calls.match_request([])
    elif name == "scan":
        request = match_calls.scan_request([])
    else:
        request = only_request(make(*_arguments(make)))
    assert status in request.statuses
    if content is None:
        assert request.read(_reply(status, b"")) is None
        return
    schema = next(iter(content.values())).get("schema")
    if schema is None:
        assert isinstance(vars(Operations)[name], StreamedOperation) or (
            request.read(_reply(status, b"a text")) == "a text"
        )
        return

    example = data.draw(values_of(schema, document()))
    if name in {"match", "scan"}:
        results = len(example["results"])
        make_one: Any = match_calls.match_request if name == "match" else match_calls.scan_request
        request = make_one([b""] * results if name == "scan" else [Query([])] * results)
    encode = msgspec.msgpack.encode if name == "match" else msgspec.json.encode
    read = request.read(_reply(status, encode(example)))

    assert told(msgspec.to_builtins(read)) == told(example)


def _arguments(make: Callable[..., Any]) -> list[Any]:
    hints = typing.get_type_hints(make)
    simple = {int: 0, str: "x", NewEntry: NewEntry([])}
    return [
        simple.get(hints[each.name], [])
        for each in inspect.signature(make).parameters.values()
        if each.default is inspect.Parameter.empty
    ]


def _reply(status: int, content: bytes) -> Reply:
    return Reply(status=status, headers={}, content=content, reference="reference")


def test_form_of_files_has_the_parts_of_the_description() -> None:
    _, _, described = operations()["scan"]
    schema = body_schema(described)
    assert schema is not None

    request = match_calls.scan_request([b"content"], context={"kind": "platform"})

    assert set(schema["properties"]) == {"file", *request.fields}
    assert schema["properties"]["file"]["maxItems"] == match_calls.MOST_FILES
    assert (
        next(
            each["schema"]["maximum"]
            for each in operations()["show_lists"][2]["parameters"]
            if each["name"] == "limit"
        )
        == list_calls.PAGE
    )
