"""Media that clients upload or name by a URL: read in the sandbox, told as signals."""

import asyncio
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pdqhash
import pytest
from PIL import Image
from tests.hma.fetch_world import Behaviour, answer, host, redirect
from tests.hma.running import Client, Running
from tests.media.sample_pictures import encode, photograph

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def picture() -> bytes:
    """Give a benign photograph."""
    return encode(photograph(), "image/jpeg")


@pytest.fixture(scope="module")
def pdq(picture: bytes) -> str:
    """Give what the reference implementation computes of it."""
    with Image.open(io.BytesIO(picture)) as opened:
        bits, quality = pdqhash.compute(np.asarray(opened.convert("RGB")))
    assert quality >= 50
    return np.packbits(bits).tobytes().hex()


@pytest.fixture
def client(reading: Running) -> Iterator[Client]:
    """Ask a service whose banks are emptied afterwards."""
    client = reading.client()
    client.post("/c/banks", json={"name": "EXERCISE_A"})
    yield client
    client.post("/dev/factory_reset")


class _Web:
    """Hosts on loopback with a loop of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stops: list[asyncio.Event] = []

    def serve(self, behaviour: Behaviour, path: str = "/a.jpg") -> str:
        port: asyncio.Future[int] = self._loop.create_future()

        async def run() -> None:
            stop = asyncio.Event()
            self._stops.append(stop)
            async with host(behaviour) as there:
                port.set_result(there.port)
                await stop.wait()

        async def wait() -> int:
            return await port

        asyncio.run_coroutine_threadsafe(run(), self._loop)
        return f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(wait(), self._loop).result(10)}{path}"

    def close(self) -> None:
        async def end() -> None:
            for stop in self._stops:
                stop.set()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def web() -> Iterator[_Web]:
    """Give a web of loopback hosts."""
    made = _Web()
    yield made
    made.close()


def photo(content: bytes, field: str = "photo") -> dict[str, Any]:
    return {"files": {field: ("x", content, "image/jpeg")}}


def flat() -> bytes:
    return encode(Image.new("RGB", (256, 256), (120, 120, 120)), "image/png")


def test_an_uploaded_photo_has_the_pdq_of_the_reference_implementation(
    client: Client, picture: bytes, pdq: str
) -> None:
    hashed = client.post("/h/hash", **photo(picture))
    assert (hashed.status_code, hashed.json()) == (200, {"pdq": pdq})


def test_an_upload_whose_name_stands_in_the_extended_form_alone_is_a_file(
    client: Client, picture: bytes
) -> None:
    head = b"Content-Disposition: form-data; name=photo; filename*=utf-8''%e5%86%99.png"
    hashed = client.post(
        "/h/hash",
        content=b"--x\r\n" + head + b"\r\n\r\n" + picture + b"\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert (hashed.status_code, list(hashed.json())) == (200, ["pdq"])


def test_an_uploaded_video_has_the_md5_of_its_bytes(client: Client) -> None:
    content = b"\0\0\0\x18ftypmp42" + bytes(1000)
    hashed = client.post("/h/hash", files={"video": ("x", content)})
    assert hashed.json() == {"video_md5": hashlib.md5(content, usedforsecurity=False).hexdigest()}


def test_an_upload_added_to_a_bank_is_found_by_upload_and_by_signal(
    reading: Running, client: Client, picture: bytes, pdq: str
) -> None:
    added = client.post("/c/bank/EXERCISE_A/content", **photo(picture))
    assert added.status_code == 200
    assert added.json()["signals"] == {"pdq": pdq}
    number = added.json()["id"]
    reading.settle()
    match = {"EXERCISE_A": [{"bank_content_id": number, "distance": "0"}]}
    assert client.post("/m/lookup", **photo(picture)).json() == {"pdq": match}
    assert client.post("/m/lookup?types=pdq&banks=NO_SUCH", **photo(picture)).json() == {"pdq": {}}
    assert client.lookup(pdq) == match
    assert client.post("/c/bank/EXERCISE_A/content", **photo(picture)).json()["id"] == number
    kept = reading.node.store.lookups.page(limit=1000)
    assert "exercise-a" in {each.match.list_name for each in kept}


def test_a_flat_picture_has_an_empty_hash_and_cannot_be_matched_or_added(client: Client) -> None:
    assert client.post("/h/hash", **photo(flat())).json() == {"pdq": ""}
    for path in ("/m/lookup", "/c/bank/EXERCISE_A/content"):
        refused = client.post(path, **photo(flat()))
        assert refused.status_code == 400
        assert "Invalid pdq signal" in refused.json()["message"]


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/h/hash", {}),
        ("/h/hash", {"json": {"photo": "x"}}),
        ("/h/hash", {"files": {"file": ("x", b"x")}}),
        ("/h/hash", {"files": {"photo": ("x", b"no picture")}}),
        ("/h/hash", {"files": {"photo": ("x", b"")}}),
        ("/h/hash", {"files": [("photo", ("a", b"x")), ("photo", ("b", b"x"))]}),
        ("/h/hash", {"files": [("photo", ("a", b"x")), ("video", ("b", b"x"))]}),
        ("/h/hash", {"data": {"photo": "x"}}),
        ("/h/hash?types=video_md5", {"files": {"photo": ("x", b"x")}}),
        ("/h/hash?types=,", {"files": {"video": ("x", b"x")}}),
        ("/h/hash", {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}),
        ("/m/lookup", {}),
        ("/m/lookup", {"files": {"photo": ("x", b"\x89PNG\r\n\x1a\n")}}),
        ("/c/bank/EXERCISE_A/content", {}),
        ("/c/bank/EXERCISE_A/content", {"json": {"metadata": {}}}),
        ("/c/bank/EXERCISE_A/content", {"files": {"photo": ("x", b"no picture")}}),
        ("/c/bank/EXERCISE_A/content", {"files": {"invalid": ("x", b"x")}}),
    ],
)  # fmt: skip
def test_what_is_no_media_is_a_message_with_400_and_never_a_500(
    client: Client, path: str, given: dict[str, Any]
) -> None:
    refused = client.post(path, **given)
    assert (refused.status_code, list(refused.json())) == (400, ["message"])


def test_metadata_of_coop_and_of_hma_is_kept(client: Client, picture: bytes) -> None:
    path = "/c/bank/EXERCISE_A/content"
    coop = {
        "content_id": "item-1",
        "content_uri": "https://media.example/1",
        "metadata": json.dumps({"source": "review", "score": [1, {"deep": None}]}),
        "note": "cut",
    }
    number = client.post(path, **photo(picture), data=coop).json()["id"]
    shown = client.get(f"{path}/{number}").json()
    assert shown["note"] == "cut"
    assert shown["metadata"] == {
        "content_id": "item-1",
        "content_uri": "https://media.example/1",
        "json": {"source": "review", "score": [1, {"deep": None}]},
        "collab": None,
    }
    own = {"content_id": "item-2", "json": {"a": 1}, "collab": {"X": ["y"]}}
    again = client.post(path, **photo(picture), data={"metadata": json.dumps(own)})
    assert again.json()["id"] == number
    changed = client.get(f"{path}/{number}").json()
    assert changed["metadata"]["content_id"] == "item-2"
    assert changed["metadata"]["json"] == {"a": 1}
    assert changed["note"] == "cut"  # nothing new was said of it
    client.post(path, **photo(picture))
    assert client.get(f"{path}/{number}").json() == changed
    without = client.get(f"{path}/{number}?include_metadata=false").json()
    assert "metadata" not in without


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata": "{"}, {"metadata": "[1]"}, {"metadata": "5"}, {"note": "x" * 256}, {"content_id": "x" * 5000},
        {"metadata": json.dumps({"a": "x" * 70_000})}, {"content_id": "a\0b"},
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_kept_is_refused(
    client: Client, picture: bytes, fields: dict[str, str]
) -> None:
    refused = client.post("/c/bank/EXERCISE_A/content", **photo(picture), data=fields)
    assert (refused.status_code, list(refused.json())) == (400, ["message"])


def test_media_behind_a_url_is_hashed_looked_up_and_added(
    reading: Running, client: Client, web: _Web, picture: bytes, pdq: str
) -> None:
    url = web.serve(answer(picture))
    assert client.get("/h/hash", params={"url": url}).json() == {"pdq": pdq}
    added = client.post(
        "/c/bank/EXERCISE_A/content",
        params={"url": url},
        json={"metadata": {"content_id": "1", "json": {"asdf": {}}}, "note": "by url"},
    )
    assert added.json() == {"id": added.json()["id"], "signals": {"pdq": pdq}}
    reading.settle()
    found = client.get("/m/lookup", params={"url": url, "content_type": "photo"}).json()
    assert found["pdq"]["EXERCISE_A"][0]["bank_content_id"] == added.json()["id"]
    elided = client.get("/m/lookup", params={"url": url, "signal_type": "pdq"}).json()
    assert elided == found["pdq"]
    assert client.get("/m/lookup", params={"url": url, "signal_type": "x"}).json() == {}
    shown = client.get(f"/c/bank/EXERCISE_A/content/{added.json()['id']}").json()
    assert (shown["note"], shown["metadata"]["json"]) == ("by url", {"asdf": {}})
    led_on = web.serve(redirect(url))
    assert client.get("/h/hash", params={"url": led_on}).json() == {"pdq": pdq}


def test_metadata_beside_a_url_must_have_hma_s_shape(
    client: Client, web: _Web, picture: bytes
) -> None:
    url = web.serve(answer(picture))
    for metadata in ({"invalid_metadata": 5}, [1], {"json": [1]}, {"content_id": 5}):
        refused = client.post(
            "/c/bank/EXERCISE_A/content", params={"url": url}, json={"metadata": metadata}
        )
        assert refused.status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/", "http://other.example/a.jpg", "file:///etc/passwd", "x",
        "http://[::1]/a.jpg", "http://user:word@127.0.0.1/a.jpg", "http://2130706433/a.jpg",
    ],
)  # fmt: skip
def test_urls_that_may_not_be_fetched_are_refused_on_every_route(client: Client, url: str) -> None:
    for method, path in (
        ("GET", "/h/hash"),
        ("GET", "/m/lookup"),
        ("POST", "/c/bank/EXERCISE_A/content"),
    ):
        refused = client.request(method, path, params={"url": url})
        assert (refused.status_code, list(refused.json())) == (400, ["message"])


def test_mistakes_about_a_url_s_media_are_told(client: Client, web: _Web) -> None:
    text = web.serve(answer(b"text", headers=[]))
    for parameters in (
        {"content_type": "file"},
        {"types": "tmk"},
        {"content_type": "video", "types": "pdq"},
    ):
        refused = client.get("/h/hash", params={"url": text, **parameters})
        assert refused.status_code == 400
    assert client.get("/h/hash", params={"url": text}).status_code == 400  # no picture
    missing = client.get("/h/hash")
    assert (missing.status_code, missing.json()[0]["loc"]) == (422, ["url"])
    gone = web.serve(answer(b"", status="404 Not Found"))
    assert client.get("/h/hash", params={"url": gone}).status_code == 400
    unknown = web.serve(_typeless)
    assert client.get("/h/hash", params={"url": unknown}).status_code == 400
    video = client.get("/h/hash", params={"url": unknown, "content_type": "video"})
    assert video.json() == {"video_md5": hashlib.md5(b"media", usedforsecurity=False).hexdigest()}


async def _typeless(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmedia")
    await writer.drain()


def test_a_body_larger_than_the_limit_is_refused(reading: Running, client: Client) -> None:
    huge = bytes(reading.service.settings.request_body_bytes + 1)
    refused: httpx.Response = client.post("/h/hash", **photo(huge))
    assert refused.status_code == 413


def test_uploads_leave_no_memory_taken(reading: Running, client: Client, picture: bytes) -> None:
    client.post("/h/hash", **photo(picture))
    client.post("/h/hash", **photo(b"no picture"))
    client.get("/h/hash", params={"url": "http://169.254.169.254/"})
    assert reading.service.upload_memory.used == 0
