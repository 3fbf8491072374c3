"""Moments at the edges of time are refused at the border, and leave nothing behind that cannot be read again."""

from typing import Any

import pytest
from tests.api.conftest import Asking

IMPOSSIBLE = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1525-05-08T00:10:43.028-09:54",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
)


@pytest.mark.parametrize("moment", IMPOSSIBLE)
def test_moment_that_cannot_be_kept_is_refused_wherever_it_stands(
    calm: Asking, moment: str
) -> None:
    entry = calm.get("/v1/lists/list-a/entries").json()["entries"][0]["id"]

    answers = [
        calm.get("/v1/matches", params={"since": moment}),
        calm.get("/v1/matches", params={"until": moment}),
        calm.post(f"/v1/lists/list-a/entries/{entry}/suspend", {"until": moment}),
        calm.post("/v1/keys", {"roles": ["match"], "expires_at": moment}),
    ]

    assert [each.status_code for each in answers] == [400] * 4
    assert calm.get("/v1/lists/list-a/entries").status_code == 200
    assert calm.get(f"/v1/lists/list-a/entries/{entry}").json()["suspension"] is None


@pytest.mark.parametrize("moment", ["9999-12-29T09:59:59-14:00", "2999-01-01T00:00:00+05:30"])
def test_latest_moment_is_kept_and_shown_again(ask: Asking, moment: str) -> None:
    entry = ask.get("/v1/lists/list-a/entries").json()["entries"][0]["id"]

    suspended = ask.post(f"/v1/lists/list-a/entries/{entry}/suspend", {"until": moment})
    made = ask.post("/v1/keys", {"roles": ["match"], "expires_at": moment})

    assert (suspended.status_code, made.status_code) == (204, 201)
    assert ask.get("/v1/lists/list-a/entries").status_code == 200
    assert ask.get(f"/v1/keys/{made.json()['id']}").status_code == 200
    assert ask.get("/v1/matches", params={"until": moment}).status_code == 200


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "1970-01-01T05:00:00+05:00"])
def test_history_is_asked_from_the_beginning_of_time(calm: Asking, moment: str) -> None:
    assert calm.get("/v1/matches", params={"since": moment}).status_code == 200


def test_no_address_takes_a_moment_that_is_not_tried_here(calm: Asking) -> None:
    document = calm.get("/openapi.json").json()

    taken: set[tuple[str, str]] = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            taken |= {
                (path, each["name"])
                for each in operation.get("parameters", ())
                if _moments_in(each["schema"], document, "")
            }
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            taken |= {(path, name) for name in _moments_in(body.get("schema"), document, "")}

    assert taken == {
        ("/v1/matches", "since"),
        ("/v1/matches", "until"),
        ("/v1/lists/{list}/entries/{entry}/suspend", "until"),
        ("/v1/keys", "expires_at"),
    }


def _moments_in(schema: Any, document: dict[str, Any], name: str) -> set[str]:
    """Return the names of the fields of a schema that hold a moment."""
    if isinstance(schema, list):
        return {found for each in schema for found in _moments_in(each, document, name)}
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        shape = schema["$ref"].rpartition("/")[2]
        return _moments_in(document["components"]["schemas"][shape], document, name)
    found = {name or "itself"} if schema.get("format") == "date-time" else set()
    for key, inner in schema.items():
        if key == "properties":
            found |= {
                each for at, field in inner.items() for each in _moments_in(field, document, at)
            }
        else:
            found |= _moments_in(inner, document, name)
    return found
