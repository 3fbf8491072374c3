"""POST /v1/match with videos: found by their frames, explained, on record, and refused where they are none."""

import json
from typing import Any

import numpy as np
import pytest
from tests.api.conftest import Asking, StartFunction


def frames(number: int, *, count: int = 3, quality: int = 90) -> str:
    values = np.random.default_rng(number).integers(0, 256, (count, 32), np.uint8)
    return json.dumps([f"{bytes(row).hex()},{quality},{at}.000" for at, row in enumerate(values)])


def query(value: str, **more: Any) -> dict[str, Any]:
    return {"queries": [{"fingerprints": [{"kind": "vpdq", "value": value, **more}]}]}


def listed(ask: Asking, value: str) -> None:
    entry = {"fingerprints": [{"kind": "vpdq", "value": value}]}
    answer = ask.post("/v1/lists/list-a/entries", {"entries": [entry]})
    assert answer.status_code == 200, answer.text
    ask.catch_up()


def test_a_listed_video_is_found_explained_and_on_record(ask: Asking) -> None:
    listed(ask, frames(1))

    (result,) = ask.post("/v1/match", query(frames(1))).json()["results"]

    (match,) = result["matches"]
    assert (match["kind"], match["distance"], match["threshold"]) == ("vpdq", 0, 31)
    assert match["video"] == {
        "query_percent": 100.0,
        "list_percent": 100.0,
        "query_frames": 3,
        "list_frames": 3,
        "seconds": 0.0,
        "list_seconds": 0.0,
    }
    kept = ask.get(f"/v1/matches/{match['id']}").json()
    assert kept["match"]["match"]["video"] == match["video"]


def test_a_picture_that_is_a_frame_of_a_listed_video_is_a_lead(ask: Asking) -> None:
    listed(ask, frames(1, count=8))
    value = json.loads(frames(1, count=8))[5].split(",")[0]

    (match,) = ask.match(value).json()["results"][0]["matches"]

    assert (match["kind"], match["video"]["list_seconds"], match["video"]["seconds"]) == (
        "vpdq",
        5.0,
        None,
    )


def test_a_match_of_pictures_has_no_part_for_videos(calm: Asking) -> None:
    (match,) = calm.match("a5" * 32).json()["results"][0]["matches"]

    assert "video" not in match


def test_videos_stand_beside_other_queries(ask: Asking) -> None:
    listed(ask, frames(1))
    queries = [
        {"fingerprints": [{"kind": "vpdq", "value": frames(2)}], "reference": "no"},
        {"fingerprints": [{"kind": "pdq", "value": "a5" * 32}], "reference": "picture"},
        {"fingerprints": [{"kind": "vpdq", "value": frames(1)}], "reference": "video"},
    ]

    results = ask.post("/v1/match", {"queries": queries}).json()["results"]

    assert [[match["kind"] for match in each["matches"]] for each in results] == [
        [],
        ["pdq"],
        ["vpdq"],
    ]


def test_a_video_of_blank_frames_is_not_searched(calm: Asking) -> None:
    (result,) = calm.post("/v1/match", query(frames(1, quality=49))).json()["results"]

    assert result["not_searched"] == [{"kind": "vpdq", "why": "quality-too-low", "dialect": None}]


@pytest.mark.parametrize(
    ("value", "more"),
    [
        ("[]", {}),
        ("{}", {}),
        ("a5" * 32, {}),
        ('["' + "a5" * 32 + ',101,0.0"]', {}),
        (frames(1), {"quality": 90}),
        (frames(1), {"dialect": "exact"}),
    ],
)
def test_what_is_no_video_is_refused_by_its_place(
    calm: Asking, value: str, more: dict[str, Any]
) -> None:
    answer = calm.post("/v1/match", query(value, **more))

    assert answer.status_code == 400
    assert "queries[0].fingerprints[0]" in answer.text
    assert value not in answer.text or len(value) < 10


def test_each_frame_that_is_searched_takes_one_of_the_budget(start: StartFunction) -> None:
    poor = start().having("match", queries_per_day=8)

    spent = poor.post("/v1/match", query(frames(1, count=5)))
    over = poor.post("/v1/match", query(frames(2, count=5)))
    unsearched = poor.post("/v1/match", query(frames(3, count=5, quality=10)))

    assert spent.status_code == 200
    assert (over.status_code, over.json()["error"]["kind"]) == (429, "budget")
    assert unsearched.status_code == 200
