# ruff: noqa: INP001 - beside the script that uses it, no package
"""Writes the reference page of the HTTP interface from the service's own description of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rempart.api import Application, describe
from rempart.api.statuses import STATUS_MEANING
from rempart.node.service import Service

Schema = Mapping[str, Any]  # JSON values, nested without end

_ABOUT: Final = """\
Every operation of the service, from the description that it gives of itself at `/openapi.json` (OpenAPI 3.1), where
every field has its limits and examples. [Send your first request](../tutorials/first-request.md) shows how to
begin. The addresses of HMA stand apart: they follow its shapes."""

_COMMON: Final = """\
* A request carries its key as `Authorization: Bearer rk_…`. [Roles](roles.md) says which role may do what.
* JSON is UTF-8. `POST /v1/match` takes and gives MessagePack as well: `Content-Type` says what comes, `Accept` what
  is wanted.
* Numbers, texts and names have exactly the form that is described: `"31"` is no number, an unknown field or
  parameter is an error.
* `X-Request-Id` of 8 to 64 letters, digits, dots, hyphens and underscores comes back in the answer; else the
  service makes one.
* A page has at most `limit` records (100, at most 1,000). `next_cursor` of one page is `cursor` of the next, with
  the same filters; a record that is there all the while stands on exactly one page, whatever is written meanwhile.
* A write with an `Idempotency-Key` is done once: the same request again gets the first answer, with
  `Idempotent-Replay: true`; another request with that key gets 409. Answers are kept for `idempotency_hours`.
* A list or entry has an `ETag`. With `If-None-Match` an unchanged record is answered by 304; with `If-Match` a
  change of a record that is not as the caller saw it is refused with 412.
* A list outside a key's scope is answered as one that does not exist.
* Matches are on record before the answer, and every look into them is an event of the [audit log](audit-log.md)."""

_ERRORS: Final = """\
Every error has one shape; `reference` is the request's identifier, under which the operator finds it in the log.
`kind` is the code of [errors](errors.md)."""

_ERROR_SHAPE: Final = """\
```json
{"error": {"kind": "list-unknown", "message": "There is no list 'exercise'.",
           "hint": "Ask for the lists that you may see.", "reference": "5f0c7a1e9d3b42a6b8c0d1e2"}}
```"""


def http_page(note: str) -> str:
    """Return the page of all operations, shapes and errors."""
    document = describe(Application(_never).operations)
    parts = [note, "# HTTP interface", _ABOUT, "## What holds for all", _COMMON]
    for tag in document["tags"]:
        parts += [f"## {tag['name'].capitalize()}", tag["description"]]
        for method, path, operation in _operations(document):
            if operation["tags"] == [tag["name"]]:
                parts += _section(method, path, operation)
    parts += ["## Shapes", "Fields without *required* may be left out."]
    for name, schema in sorted(document["components"]["schemas"].items()):
        if "properties" in schema and not name.startswith("Error"):
            parts += [f"### {name}", schema.get("description", ""), _fields(schema)]
    rows = [f"| {status} | {meaning} |" for status, meaning in STATUS_MEANING.items()]
    table = "\n".join(["| status | meaning |", "|---|---|", *rows])
    parts += ["## Errors", _ERRORS, _ERROR_SHAPE, table]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _never() -> Service:
    message = "the description needs no service"
    raise RuntimeError(message)


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _section(method: str, path: str, operation: Schema) -> list[str]:
    text = f"{operation['summary']}. {operation.get('description', '')}"
    given = [
        f"| `{each['name']}` | {_type(each['schema'])} | {each['description']} |"
        for each in operation["parameters"]
        if each["in"] == "query"
    ]
    section = [f"### {method} {path}", text]
    if given:
        section.append("\n".join(["| parameter | type | meaning |", "|---|---|---|", *given]))
    facts = []
    if "requestBody" in operation:
        facts.append(f"* takes {_contents(operation['requestBody']['content'])}")
    for status, answer in operation["responses"].items():
        if "$ref" not in answer:
            content = _contents(answer.get("content", {}))
            facts.append(f"* {status}: {answer['description']} {content}".rstrip())
    errors = [status for status, answer in operation["responses"].items() if "$ref" in answer]
    facts.append(f"* errors: {', '.join(errors)}")
    if operation.get("security") == []:
        facts.append("* needs no key")
    section.append("\n".join(facts))
    return section


def _contents(content: Schema) -> str:
    return " or ".join(
        f"{_type(media.get('schema', {}))} as `{media_type}`".removeprefix("anything as ")
        for media_type, media in content.items()
    )


def _fields(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = []
    for name, each in schema["properties"].items():
        marks = " *required*" if name in required else ""
        meaning = each.get("description", "").replace("|", "\\|")
        rows.append(f"| `{name}` | {_type(each)}{marks} | {meaning} |")
    return "\n".join(["| field | type | meaning |", "|---|---|---|", *rows])


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "anything"))
