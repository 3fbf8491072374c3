"""POST /v1/scan: files in memory only, read in the sandbox, matched as a scan would."""

import ctypes
import errno
import io
import os
import random
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import clips
from tests.api.conftest import KNOWN_MD5, OWNER, Asking, StartFunction
from tests.media.sample_heif import photo, rotated

from rempart.model.lists import ListPurpose
from rempart.node import reading


def picture(seed: int = 7, *, side: int = 320, form: str = "JPEG") -> bytes:
    """Return a benign picture: coloured noise with large structure."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 255, (16, 16, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
    content = io.BytesIO()
    image.save(content, form)
    return content.getvalue()


def sent(*contents: bytes, name: str | None = "exercise.jpg") -> list[Any]:
    return [("file", (name, content, "image/jpeg")) for content in contents]


def put(ask: Asking, *fingerprints: dict[str, Any]) -> None:
    wanted = [
        {name: each[name] for name in ("kind", "value", "dialect") if name in each}
        for each in fingerprints
    ]
    answer = ask.post("/v1/lists/list-a/entries", {"entries": [{"fingerprints": wanted}]})
    assert answer.json()["records"][0]["result"] == "kept"
    ask.catch_up()


def form_of(disposition: str, content: bytes) -> dict[str, Any]:
    """Return a form of one part, whose head is written as given."""
    body = b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n--x--\r\n" % (
        disposition.encode(),
        content,
    )
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}


@pytest.mark.parametrize(
    ("disposition", "reference"),
    [
        ("name=file; filename*=UTF-8''%e5%86%99%20%C3%BC.jpg", "写 ü.jpg"),
        ('name="file"; filename="=?utf-8?B?5YaZ?="; filename*=utf-8\'\'%E5%86%99', "写"),
        ("name=file; FileName*=iso-8859-1'en'%FC.jpg; filename=u.jpg", "ü.jpg"),
        ("name=file; filename=plain.jpg; filename*=utf-8''%ff", "plain.jpg"),
        ("name=file; filename=plain.jpg; filename*=utf-7''x", "plain.jpg"),
        ("name=file; filename*=without-quotes", None),
        ("name=file; filename*=utf-8; filename=plain.jpg", "plain.jpg"),
        ("name=file; filename*=", None),
        ("name=file; filename*=utf-8''", None),
        ("name=file; filename=\"filename*=utf-8''x\"", "filename*=utf-8''x"),
        ("name=file; filename=plain.jpg; a=\"\\\"; filename*=utf-8''x", "plain.jpg"),
        ("name=file", None),
    ],
)
def test_name_of_a_file_may_come_in_the_extended_form(
    calm: Asking, disposition: str, reference: str | None
) -> None:
    answer = calm.post("/v1/scan", **form_of(disposition, b"no picture"))

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["reference"] == reference


@pytest.mark.parametrize("name", ["a%00", "a%0a", "a" * 256])
def test_name_in_the_extended_form_that_cannot_be_kept_is_refused(calm: Asking, name: str) -> None:
    answer = calm.post("/v1/scan", **form_of(f"name=file; filename*=utf-8''{name}", b"x"))

    assert answer.status_code == 400


def test_unknown_picture_is_read_and_matches_nothing(calm: Asking) -> None:
    answer = calm.post("/v1/scan", files=sent(picture()))

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["schema"] == "rempart.scan/1"
    (result,) = body["results"]
    assert (result["reference"], result["outcome"]) == ("exercise.jpg", "ok")
    assert result["media_type"] == "image/jpeg"
    assert result["matches"] == []
    assert "path" not in result


def test_a_reader_that_cannot_be_started_is_told_and_started_for_the_next_file(
    start: StartFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, missing = reading.FileReader, iter(["at first", "for the first file"])

    def make(*given: Any, **named: Any) -> reading.FileReader:
        if next(missing, None) is not None:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*given, **named)

    monkeypatch.setattr(reading, "FileReader", make)
    ask = start()

    told = [ask.post("/v1/scan", files=sent(b"no picture")).status_code for _ in range(3)]

    assert told == [500, 200, 200]


def test_a_thread_that_cannot_be_started_is_told_and_started_for_the_next_file(
    start: StartFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, missing = threading.Thread.start, iter(["for the first file"])

    def begin(thread: threading.Thread) -> None:
        if thread.name.startswith("uploads-") and next(missing, None) is not None:
            raise RuntimeError
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", begin)
    ask = start()

    told = [ask.post("/v1/scan", files=sent(b"no picture")).status_code for _ in range(2)]

    assert told == [500, 200]
    assert not any("memfd:upload" in str(each.readlink()) for each in _descriptors())


def test_video_is_screened_and_an_archive_stays_closed(calm: Asking) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("exercise.jpg", picture())

    answer = calm.post("/v1/scan", files=sent(clips.clip("h264 in mp4"), packed.getvalue()))

    video, closed = answer.json()["results"]
    assert video["outcome"] == "ok"
    assert video["video"]["screened"] is True
    assert (video["video"]["width"], video["video"]["height"]) == (clips.WIDTH, clips.HEIGHT)
    assert (closed["outcome"], closed["error"]["kind"]) == ("partial", "unsupported-format")
    assert [each["kind"] for each in closed["fingerprints"]] == ["sha256", "md5", "sha1"]


def test_known_picture_is_found_by_digest_and_turned_by_its_look(ask: Asking) -> None:
    content = picture()
    known = ask.post("/v1/scan", files=sent(picture(form="PNG"))).json()["results"][0]
    put(ask, *(each for each in known["fingerprints"] if each["kind"] == "pdq"))
    turned = Image.open(io.BytesIO(content)).transpose(Image.Transpose.ROTATE_90)
    saved = io.BytesIO()
    turned.save(saved, "PNG")

    answer = ask.post("/v1/scan", files=sent(content, saved.getvalue(), b"no picture"))

    straight, quarter, text = answer.json()["results"]
    assert [each["transform"] for each in straight["matches"]][:1] == ["original"]
    assert "rotate" in quarter["matches"][0]["transform"]
    assert (text["matches"], text["media_type"]) == ([], None)
    shown = ask.get("/v1/matches").json()["matches"]
    assert {each["match"]["id"] for each in shown} == {
        match["id"] for result in (straight, quarter) for match in result["matches"]
    }


def test_files_get_decisions_where_the_form_has_a_case(ask: Asking) -> None:
    known = ask.post("/v1/scan", files=sent(picture(form="PNG"))).json()["results"][0]
    put(ask, *(each for each in known["fingerprints"] if each["kind"] == "sha256"))
    context = '{"kind": "platform", "established": "FR", "conduct": "distribution"}'
    files = [("context", (None, context, "application/json")), *sent(picture(form="PNG"))]

    (result,) = ask.post("/v1/scan", files=files).json()["results"]

    assert [each["match"] for each in result["decisions"]] == [
        each["id"] for each in result["matches"]
    ]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([("other", ("a", b"x", "image/png"))], 400),
        ([("context", (None, "{}", "application/json"))], 400),
        ([("file", ("a", b"x")), ("context", (None, "[]"))], 400),
        ([("file", ("a", b"x")), ("context", (None, "{")), ("file", ("b", b"y"))], 400),
        ([("file", ("a", b"x")), ("context", (None, "{}")), ("context", (None, "{}"))], 400),
        ([("file", ("a", b"x")), ("context", (None, " " * 100_001))], 413),
        ([("file", ("a" * 256, b"x"))], 400),
        ([("file", ("a" * 3_000, b"x"))], 413),
        ([("file", ("a", b"x"))] * 65, 413),
    ],
)
def test_form_that_is_no_form_of_files_is_refused_whole(
    calm: Asking, files: list[Any], status: int
) -> None:
    answer = calm.post("/v1/scan", files=files)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert calm.service.upload_memory.used == 0


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=", b"", 415),
        ("multipart/form-data; boundary=" + "x" * 71, b"", 415),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"',
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n"
            + b"A: b\r\n" * 9
            + b'Content-Disposition: form-data; name="file"\r\n\r\na\r\n--x--',
            413,
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=file\r\nContent-Transfer-Encoding: base64\r\n\r\na\r\n--x--",
            400,
        ),
    ],
)
def test_torn_and_hostile_forms_are_refused(
    calm: Asking, content_type: str, body: bytes, status: int
) -> None:
    answer = calm.post("/v1/scan", content=body, headers={"content-type": content_type})

    assert answer.status_code == status, answer.text
    assert calm.service.upload_memory.used == 0


def test_hostile_picture_costs_nobody_but_itself(calm: Asking) -> None:
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        b"\x00\x00\x00\rIHDR" + (10**9).to_bytes(4, "big") * 2 + b"\x08\x06" + b"\0" * 64
    )

    hostile, fine = calm.post("/v1/scan", files=sent(bomb, picture())).json()["results"]

    assert hostile["outcome"] != "ok"
    assert hostile["error"]["hint"]
    assert fine["outcome"] == "ok"


def test_upload_beyond_the_limit_or_the_memory_is_refused(start: StartFunction) -> None:
    ask = start(request_body_bytes=100_000)
    fits = sent(picture())
    assert len(picture()) < 50_000

    too_large = ask.post("/v1/scan", files=sent(b"x" * 100_001))
    ask.service.upload_memory.take(399_999)
    full = ask.post("/v1/scan", files=fits)
    ask.service.upload_memory.give_back(399_999)

    assert (too_large.status_code, too_large.json()["error"]["kind"]) == (413, "body-too-large")
    assert (full.status_code, full.json()["error"]["kind"]) == (503, "busy")
    assert full.headers["retry-after"] == "1"
    assert ask.post("/v1/scan", files=fits).status_code == 200
    assert ask.service.upload_memory.used == 0


def test_a_telephones_picture_is_matched_by_its_copy(ask: Asking) -> None:
    whole = np.asarray(Image.open(io.BytesIO(picture())))
    (listed,) = ask.post("/v1/scan", files=sent(picture(form="PNG"))).json()["results"]
    put(ask, *[each for each in listed["fingerprints"] if each["kind"] == "pdq"])

    (found,) = ask.post("/v1/scan", files=sent(photo(whole, rotated(1)))).json()["results"]

    assert (found["outcome"], found["media_type"]) == ("ok", "image/heic")
    assert [each["list"] for each in found["matches"]] == ["list-a"]


@contextmanager
def watched(*folders: Path) -> Iterator[list[bytes]]:
    """Watch folders for anything that is made, written or moved there."""
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    made_written_moved = 0x100 | 0x2 | 0x8 | 0x40 | 0x80
    for folder in folders:
        assert library.inotify_add_watch(descriptor, bytes(folder), made_written_moved) >= 0
    seen: list[bytes] = []
    try:
        yield seen
        while True:
            try:
                seen.append(os.read(descriptor, 65_536))
            except BlockingIOError:
                break
    finally:
        os.close(descriptor)


def written_to_disk() -> int:
    """Return how many bytes this process and its children made the system write."""
    total = 0
    own = os.getpid()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if own in {int(folder.name), parent}:
                lines = (folder / "io").read_text().splitlines()
                total += next(int(x.split()[1]) for x in lines if x.startswith("write_bytes"))
        except (OSError, ValueError, StopIteration):
            continue
    return total


def test_no_upload_ever_touches_the_disk(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 16 * 1024 * 1024
    content = picture() + random.Random(1).randbytes(size)
    ask.post("/v1/scan", files=sent(picture()))  # the workers have started
    opened: list[tuple[object, ...]] = []
    is_watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        flags = arguments[2] if event == "open" and is_watching[0] else 0
        if isinstance(flags, int) and flags & writes:
            opened.append(arguments)

    sys.addaudithook(watch)
    before = written_to_disk()
    folders = [Path(tempfile.gettempdir()), Path.cwd(), ask.service.node.folder.path]
    monkeypatch.setattr("tempfile.tempdir", "/proc/no-such-folder")
    with watched(*folders) as seen:
        answer = ask.post("/v1/scan", files=sent(content, content))
        is_watching[0] = False
        held = [str(each.readlink()) for each in _descriptors()]
    after = written_to_disk()

    assert [each["size"] for each in answer.json()["results"]] == [len(content)] * 2
    assert opened == []
    assert not any(b"upload" in each for each in seen), seen
    assert not any("memfd:upload" in each for each in held)
    assert after - before < size // 4


def _descriptors() -> Iterator[Path]:
    for each in Path("/proc/self/fd").iterdir():
        if each.is_symlink() and each.exists():
            yield each


def test_scan_uses_the_list_of_known_harmless_files(ask: Asking) -> None:
    made = ask.post(
        "/v1/lists",
        {"name": "harmless", "owner": OWNER, "purpose": ListPurpose.KNOWN_HARMLESS.value},
    )

    assert made.status_code == 201
    assert made.json()["subject"] == "harmless"
    assert ask.match(KNOWN_MD5, kind="md5").json()["results"][0]["matches"]
