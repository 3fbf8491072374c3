"""Moments at the edges of time are refused at the border, and leave nothing behind that cannot be read again."""

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
