"""The worker's task on real files: each content has an outcome and a reason, and nothing is hashed silently wrong."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from tests.media.sample_heif import mirrored, photo, rotated

from rempart.fingerprint import WorkMessageError, digests, pdq, work
from rempart.fingerprint._reading import ChangedWhileReadError, OpenFile
from rempart.media import open_picture, sniff
from rempart.model.fingerprint import Fingerprint
from rempart.model.scan import Outcome, ProblemKind

Pixels: TypeAlias = npt.NDArray[np.uint8]
Run: TypeAlias = Callable[..., work.WorkResult]

WHOLE_KINDS = [("pdq", "exact"), ("pdq", "cpp512"), ("sha256", None), ("md5", None), ("sha1", None)]
SCREEN_KINDS = [("pdq", "screen"), ("sha256", None), ("md5", None), ("sha1", None)]
DIGEST_KINDS = WHOLE_KINDS[2:]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Write the content to a file and work on it as a media worker does."""

    def fingerprint(
        content: bytes,
        depth: work.Depth = "exact",
        *,
        max_file_bytes: int = 10**8,
        max_pixels: int = 10**8,
        expected_sha256: bytes | None = None,
    ) -> work.WorkResult:
        path = tmp_path / "media item"
        path.write_bytes(content)
        request = work.WorkRequest(
            depth=depth,
            max_file_bytes=max_file_bytes,
            max_pixels=max_pixels,
            expected_sha256=expected_sha256,
        )
        descriptor = os.open(path, os.O_RDONLY)
        try:
            message = work.fingerprint_descriptor(descriptor, work.encode_request(request))
            os.fstat(descriptor)  # still open
        finally:
            os.close(descriptor)
        return work.decode_result(message)

    return fingerprint


def _encoded(pixels: Pixels, name: str, **options: object) -> bytes:
    if name == "HEIC":
        return photo(pixels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, **options)
    return file.getvalue()


def _kinds(fingerprints: tuple[Fingerprint, ...]) -> list[tuple[str, str | None]]:
    return [(each.kind, each.dialect) for each in fingerprints]


def _reason(result: work.WorkResult) -> ProblemKind | None:
    return None if result.problem is None else result.problem.kind


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIC"])
def test_picture_yields_every_fingerprint(name: str, run: Run, pictures: dict[str, Pixels]) -> None:
    content = _encoded(pictures["chelsea.png"], name)
    result = run(content)
    pixels = open_picture(content, media_type=f"image/{name.lower()}", max_pixels=10**8).pixels()
    hashes = pdq.full(pixels.array)
    assert (result.outcome, result.problem, result.size) == (Outcome.OK, None, len(content))
    assert result.media_type == f"image/{name.lower()}"
    assert _kinds(result.fingerprints) == WHOLE_KINDS
    assert result.fingerprints[:2] == (hashes.exact.fingerprint(), hashes.cpp512.fingerprint())
    assert result.fingerprints[2:] == digests.digests_of([content])
    assert result.query is not None
    assert result.query.variants == tuple(each.value for each in hashes.variants)
    assert result.partial_query is None


@pytest.mark.parametrize("turns", [[], [rotated(1)], [rotated(3), mirrored(1)]])
def test_a_photo_of_a_telephone_is_found_by_its_picture(
    turns: list[bytes], run: Run, pictures: dict[str, Pixels]
) -> None:
    listed = pdq.full(pictures["chelsea.png"]).exact
    result = run(photo(pictures["chelsea.png"], *turns))
    assert result.outcome is Outcome.OK
    assert result.query is not None
    wanted = int.from_bytes(listed.value)
    distances = [(int.from_bytes(each) ^ wanted).bit_count() for each in result.query.variants]
    assert min(distances) <= 6


def test_screen_depth_of_a_jpeg_lists_screen_and_digests(
    run: Run, pictures: dict[str, Pixels]
) -> None:
    content = _encoded(pictures["astronaut.png"], "JPEG", quality=90)
    result = run(content, "screen")
    reduced = open_picture(content, media_type="image/jpeg", max_pixels=10**8).reduced_grey()
    assert reduced is not None
    assert reduced.scale == 2
    hashes = pdq.screen(reduced.plane, full_height=512, full_width=512, scale=2)
    assert result.outcome is Outcome.OK
    assert _kinds(result.fingerprints) == SCREEN_KINDS
    assert result.fingerprints[0] == hashes.screen.fingerprint()
    assert result.query == work.PictureQuery(
        "screen", hashes.screen.quality, tuple(each.value for each in hashes.variants)
    )


def test_screen_depth_of_other_formats_is_exact(run: Run, pictures: dict[str, Pixels]) -> None:
    result = run(_encoded(pictures["astronaut.png"], "PNG"), "screen")
    assert _kinds(result.fingerprints) == WHOLE_KINDS


def test_screen_of_low_quality_is_computed_exactly(run: Run) -> None:
    ramp = np.linspace(90, 110, 800).astype(np.uint8)
    result = run(_encoded(np.broadcast_to(ramp, (600, 800)), "JPEG"), "screen")
    assert result.outcome is Outcome.OK
    assert _kinds(result.fingerprints) == WHOLE_KINDS
    assert result.query is not None
    assert result.query.quality < work.SCREEN_QUALITY_FLOOR


def test_screen_depth_of_ink_is_exact(run: Run, pictures: dict[str, Pixels]) -> None:
    file = io.BytesIO()
    Image.fromarray(pictures["astronaut.png"]).convert("CMYK").save(file, "JPEG")
    result = run(file.getvalue(), "screen")
    assert _kinds(result.fingerprints) == WHOLE_KINDS


def test_unknown_content_is_ok_with_digests_only(run: Run) -> None:
    content = b"plain text, no media\n" * 50_000
    for depth in ("screen", "exact"):
        result = run(content, depth)
        assert (result.outcome, result.problem, result.media_type) == (Outcome.OK, None, None)
        assert result.fingerprints == digests.digests_of([content])
        assert result.query is None


def test_a_file_whose_bytes_are_made_while_it_is_read_is_not_called_empty() -> None:
    request = work.WorkRequest(depth="exact", max_file_bytes=10**7, max_pixels=10**7)
    with Path("/proc/self/status").open("rb") as file:
        answer = work.fingerprint_descriptor(file.fileno(), work.encode_request(request))
    result = work.decode_result(answer)

    assert result.problem is not None
    assert result.problem.kind is ProblemKind.CHANGED_WHILE_READ
    assert result.fingerprints == ()


def test_empty_file_is_unreadable_without_fingerprints(run: Run) -> None:
    result = run(b"")
    assert (result.outcome, _reason(result)) == (Outcome.UNREADABLE, ProblemKind.EMPTY)
    assert result.fingerprints == ()


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42",
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x00crx isom",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm",
    ],
)
def test_recognised_format_that_is_not_decoded_is_partial(head: bytes, run: Run) -> None:
    content = head + bytes(2000)
    result = run(content)
    assert (result.outcome, _reason(result)) == (
        Outcome.PARTIAL,
        ProblemKind.UNSUPPORTED_FORMAT,
    )
    assert result.fingerprints == digests.digests_of([content])


def test_sound_calls_for_digests_only(run: Run) -> None:
    result = run(b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42" + bytes(2000))
    assert (result.outcome, result.media_type) == (Outcome.OK, "audio/mp4")


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a"])
def test_picture_that_cannot_be_decoded_is_unreadable_with_digests(start: bytes, run: Run) -> None:
    content = start + b"\x07" * 3000
    for depth in ("screen", "exact"):
        result = run(content, depth)
        assert result.outcome is Outcome.UNREADABLE
        assert _reason(result) in {ProblemKind.CORRUPT, ProblemKind.TRUNCATED}
        assert result.fingerprints == digests.digests_of([content])


@pytest.mark.parametrize("depth", ["screen", "exact"])
@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_torn_picture_is_partial_and_its_hash_kept_apart(
    name: str, depth: work.Depth, run: Run, pictures: dict[str, Pixels]
) -> None:
    content = _encoded(pictures["astronaut.png"], name)
    torn = content[: len(content) * 2 // 3]
    result = run(torn, depth)
    pixels = open_picture(torn, media_type=f"image/{name.lower()}", max_pixels=10**8).pixels()
    assert (result.outcome, _reason(result)) == (Outcome.PARTIAL, ProblemKind.TRUNCATED)
    assert result.fingerprints == digests.digests_of([torn])
    assert _kinds(result.partial_fingerprints) == WHOLE_KINDS[:2]
    assert result.partial_fingerprints[0] == pdq.exact(pixels.array).fingerprint()
    assert result.query is None
    assert result.partial_query is not None
    assert result.partial_query.variants[0] == result.partial_fingerprints[0].value


def test_picture_over_the_pixel_limit_is_refused_with_digests(
    run: Run, pictures: dict[str, Pixels]
) -> None:
    content = _encoded(pictures["astronaut.png"], "PNG")
    result = run(content, max_pixels=512 * 512 - 1)
    assert (result.outcome, _reason(result)) == (Outcome.REFUSED, ProblemKind.TOO_MANY_PIXELS)
    assert result.fingerprints == digests.digests_of([content])
    assert run(content, max_pixels=512 * 512).outcome is Outcome.OK


def test_file_over_the_size_limit_is_refused_with_digests(
    run: Run, pictures: dict[str, Pixels]
) -> None:
    content = _encoded(pictures["astronaut.png"], "PNG")
    result = run(content, max_file_bytes=len(content) - 1)
    assert (result.outcome, _reason(result)) == (Outcome.REFUSED, ProblemKind.FILE_TOO_LARGE)
    assert result.fingerprints == digests.digests_of([content])
    assert run(content, max_file_bytes=len(content)).outcome is Outcome.OK
    assert run(b"text" * 999, max_file_bytes=9).outcome is Outcome.OK


def test_confirmation_gives_exact_hashes_of_the_expected_bytes(
    run: Run, pictures: dict[str, Pixels]
) -> None:
    content = _encoded(pictures["astronaut.png"], "JPEG")
    sha256 = digests.digests_of([content])[0].value
    result = run(content, "confirm", expected_sha256=sha256)
    assert _kinds(result.fingerprints) == WHOLE_KINDS
    assert result == run(content)


def test_confirmation_of_other_bytes_yields_nothing(run: Run, pictures: dict[str, Pixels]) -> None:
    for content in (_encoded(pictures["astronaut.png"], "JPEG"), b"text instead"):
        result = run(content, "confirm", expected_sha256=bytes(32))
        assert _reason(result) is ProblemKind.CHANGED_WHILE_READ
        assert result.outcome is Outcome.UNREADABLE
        assert result.fingerprints == result.partial_fingerprints == ()


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _shrink(path: Path) -> None:
    os.truncate(path, 100)


def _rewrite(path: Path) -> None:
    later = path.stat().st_mtime_ns + 10**9
    with path.open("r+b") as file:
        file.seek(300)
        file.write(b"other")
    os.utime(path, ns=(later, later))


@pytest.mark.parametrize("change", [_grow, _shrink, _rewrite])
def test_file_that_changes_while_it_is_read_yields_nothing(
    change: Callable[[Path], None],
    run: Run,
    tmp_path: Path,
    pictures: dict[str, Pixels],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def change_then_sniff(head: bytes) -> str | None:
        change(tmp_path / "media item")
        return sniff(head)

    monkeypatch.setattr("rempart.fingerprint._visit.sniff", change_then_sniff)
    for content in (_encoded(pictures["coins.png"], "PNG"), b"text " * 1000):
        result = run(content)
        assert result.outcome is Outcome.UNREADABLE
        assert _reason(result) is ProblemKind.CHANGED_WHILE_READ
        assert result.fingerprints == ()
        assert result.size == len(content)


def test_digests_alone_are_computed_without_decoding(run: Run, pictures: dict[str, Pixels]) -> None:
    """What is asked for a file over which a worker died: it must not be opened as a picture again."""
    content = _encoded(pictures["astronaut.png"], "JPEG")
    for each in (content, content[:900], b"\xff\xd8\xff" + bytes(99)):
        result = run(each, "digests")
        assert (result.outcome, result.media_type) == (Outcome.OK, "image/jpeg")
        assert result.fingerprints == digests.digests_of([each])


def test_change_between_two_chunks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(bytes(600_000))
    with path.open("rb") as file:
        chunks = OpenFile(file.fileno()).chunks()
        next(chunks)
        _grow(path)
        with pytest.raises(ChangedWhileReadError):
            list(chunks)


def test_position_of_the_descriptor_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"exercise" * 100)
    request = work.encode_request(
        work.WorkRequest(depth="exact", max_file_bytes=9999, max_pixels=9999)
    )
    with path.open("rb", buffering=0) as file:
        file.seek(500)
        first = work.fingerprint_descriptor(file.fileno(), request)
        assert work.fingerprint_descriptor(file.fileno(), request) == first
        assert file.tell() == 500
    assert work.decode_result(first).fingerprints == digests.digests_of([b"exercise" * 100])


def test_unreadable_descriptor_is_a_read_error(tmp_path: Path) -> None:
    request = work.encode_request(
        work.WorkRequest(depth="exact", max_file_bytes=9999, max_pixels=9999)
    )
    (tmp_path / "file").write_bytes(b"data")
    for path, flags in ((tmp_path, os.O_RDONLY), (tmp_path / "file", os.O_WRONLY)):
        descriptor = os.open(path, flags)
        try:
            result = work.decode_result(work.fingerprint_descriptor(descriptor, request))
        finally:
            os.close(descriptor)
        assert (result.outcome, _reason(result)) == (Outcome.UNREADABLE, ProblemKind.READ_ERROR)


def test_request_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with (tmp_path / "file").open("rb") as file, pytest.raises(WorkMessageError):
        work.fingerprint_descriptor(file.fileno(), b"no request")


def test_hashing_that_runs_out_of_memory_is_refused(
    run: Run, pictures: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder's buffer fitted, the kernel's did not: no picture of a known size does that for certain."""

    def fail(array: Pixels) -> pdq.FullHashes:
        raise MemoryError(array.shape)

    monkeypatch.setattr(pdq, "full", fail)
    result = run(_encoded(pictures["coins.png"], "PNG"))
    assert (result.outcome, _reason(result)) == (Outcome.REFUSED, ProblemKind.MEMORY_LIMIT)
    assert _kinds(result.fingerprints) == DIGEST_KINDS


SHORT_OF_MEMORY = """
import os, pathlib, resource, sys
from rempart.fingerprint import work
work.warm_up()
status = dict(l.split(":", 1) for l in pathlib.Path("/proc/self/status").read_text().splitlines())
used = int(status["VmSize"].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000, resource.RLIM_INFINITY))
request = work.WorkRequest(depth="exact", max_file_bytes=10**9, max_pixels=10**9)
descriptor = os.open(sys.argv[1], os.O_RDONLY)
sys.stdout.buffer.write(work.fingerprint_descriptor(descriptor, work.encode_request(request)))
"""


def test_lack_of_memory_is_refused_with_digests(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    content = _encoded(np.zeros((7000, 9000, 3), np.uint8), "PNG", compress_level=1)
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, str(path)], capture_output=True, check=True
    )
    result = work.decode_result(done.stdout)
    assert (result.outcome, _reason(result)) == (Outcome.REFUSED, ProblemKind.MEMORY_LIMIT)
    assert result.fingerprints == digests.digests_of([content])


OPENS_NOTHING = """
import os, sys
from rempart.fingerprint import work
work.warm_up()
request = work.encode_request(
    work.WorkRequest(depth=sys.argv[1], max_file_bytes=10**9, max_pixels=10**9))
descriptors = [os.open(path, os.O_RDONLY) for path in sys.argv[2:]]
events = []
sys.addaudithook(lambda name, _: events.append(name) if name in ("open", "import") else None)
results = [work.decode_result(work.fingerprint_descriptor(each, request)) for each in descriptors]
print(sorted(set(events)), {each.outcome.value for each in results})
"""


@pytest.mark.parametrize("depth", ["screen", "exact"])
def test_after_warm_up_no_file_is_opened_and_no_module_loaded(
    depth: str, tmp_path: Path, pictures: dict[str, Pixels]
) -> None:
    paths = []
    for name in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIC"):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(_encoded(pictures["chelsea.png"], name))
    done = subprocess.run(
        [sys.executable, "-c", OPENS_NOTHING, depth, *map(str, paths)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == "[] {'ok'}"
