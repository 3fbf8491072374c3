"""One visit to one open file: to itself, and to what lies in it where it is a container."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec.structs import replace as replace_in

from rempart.fingerprint import _found
from rempart.fingerprint._container_visit import ContainerVisit
from rempart.fingerprint._found import Found, result_of
from rempart.fingerprint._looking import (
    Content,
    look_into_animation,
    look_into_picture,
    look_into_video,
)
from rempart.fingerprint._pulse import Pulse, PulsingFile, Reader
from rempart.fingerprint._reading import CHUNK_BYTES, ChangedWhileReadError, OpenFile
from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import Place, WorkRequest, WorkResult
from rempart.fingerprint.parts import Answer, say_frames, say_urls
from rempart.fingerprint.url_finding import (
    MailUrlFinder,
    UrlFinder,
    finder_for,
    holds_clear_text,
)
from rempart.media import HEAD_BYTES, is_decodable, is_video, sniff
from rempart.media.archives import container_type, is_container
from rempart.media.media_types import is_recognised_container
from rempart.model.fingerprint import SHA256, Fingerprint


class Visit:
    """Looks into one file as far as a request says."""

    def __init__(self, request: WorkRequest, answer: Answer | None) -> None:
        """Take what to do, and where to put the parts of the answer.

        Args:
            request: what is wanted.
            answer: absent where nothing takes parts: then neither videos nor containers are opened.
        """
        self._request = request
        self._answer = answer
        self._video = request.video if answer is not None else None
        self._finds_urls = request.finds_urls and answer is not None
        self._pulse = Pulse(answer)
        self._containers: ContainerVisit | None = None
        if answer is not None and request.containers is not None:
            self._containers = ContainerVisit(
                request, request.containers, answer=answer, pulse=self._pulse, look=self._look
            )

    def to_members(self, descriptor: int) -> None:
        """Give those members of the file that the request names, and nothing else."""
        file = OpenFile(descriptor)
        media_type = self._type_of(file)
        if self._containers is not None and media_type is not None and is_container(media_type):
            self._containers.go_through(Reader(file.size, file.pread), media_type, ())

    def to_file(self, descriptor: int) -> WorkResult:
        """Look into the file; return what is known of itself, after all that lies in it was given."""
        file = OpenFile(descriptor)
        media_type: str | None = None
        try:
            if file.size == 0:
                problem = _found.without_size() if file.head(1) else _found.empty()
                return result_of(Found(problem=problem), size=0, media_type=None, digests=())
            media_type = self._type_of(file)
            return self._to_content(file, media_type)
        except ChangedWhileReadError:
            problem = _found.changed()
        except OSError as error:
            problem = _found.read_error(error)
        return result_of(Found(problem=problem), size=file.size, media_type=media_type, digests=())

    def _type_of(self, file: OpenFile) -> str | None:
        sniffed = sniff(file.head(HEAD_BYTES))
        if self._request.depth == "digests":
            return sniffed
        return container_type(PulsingFile(Reader(file.size, file.pread), self._pulse), sniffed)

    def _to_content(self, file: OpenFile, media_type: str | None) -> WorkResult:
        is_small = file.size <= self._request.max_file_bytes
        if (
            is_small
            and media_type is not None
            and is_decodable(media_type)
            and self._request.depth != "digests"
        ):
            data = file.content()
            digests = digests_of(_slices(data))
            found = self._look(Content(media_type, None, lambda: data), ())
        else:
            reader = Reader(file.size, file.pread)
            found = self._look(Content(media_type, reader, None), ())
            # Only now, so that a change is seen that came while the file was looked into.
            chunks = self._pulse.along(file.chunks())
            if self._finds_urls and holds_clear_text(media_type):
                finder = finder_for(media_type)
                digests = digests_of(_fed(finder, chunks))
                found = replace(found, urls=finder.found())
            else:
                digests = digests_of(chunks)
        _require_expected(digests, self._request.expected_sha256)
        if self._answer is not None:
            say_frames(self._answer, found.frames, found.turned)
            say_urls(self._answer, found.urls)
        return result_of(found, size=file.size, media_type=media_type, digests=digests)

    def _look(self, content: Content, place: Place, *, is_exact: bool = False) -> Found:
        """Look into what a file or member holds; what is exact need not be confirmed."""
        media_type = content.media_type
        if media_type is None or self._request.depth == "digests":
            return Found()
        if is_decodable(media_type):
            return self._picture(content, media_type, is_exact=is_exact)
        is_opened = self._containers is not None and is_container(media_type)
        is_played = self._video is not None and is_video(media_type)
        if not is_opened and not is_played:
            return _unopened(media_type)
        if content.reader is None:
            return Found(problem=_found.too_large(self._request.max_file_bytes))
        if self._containers is not None and is_opened:
            return self._containers.go_through(content.reader, media_type, place)
        return self._played(content.reader, media_type, is_exact=is_exact)

    def _played(self, reader: Reader, media_type: str, *, is_exact: bool) -> Found:
        if self._video is None:
            return _unopened(media_type)
        limits = replace_in(self._video, is_screened=False) if is_exact else self._video
        return look_into_video(reader, media_type, self._request, limits, self._pulse)

    def _picture(self, content: Content, media_type: str, *, is_exact: bool) -> Found:
        if content.data is None:
            return Found(problem=_found.too_large(self._request.max_file_bytes))
        request = self._request
        if is_exact and request.depth == "screen":
            request = replace_in(request, depth="exact")
        if self._video is None:
            return look_into_picture(content.data(), media_type, request)
        return look_into_animation(content.data(), media_type, request, self._video)


def _unopened(media_type: str) -> Found:
    """Return what is to be said of content that nothing here looks into; sound calls for digests only."""
    if media_type.startswith("audio/"):
        return Found()
    if is_recognised_container(media_type):
        return Found(problem=_found.not_opened(media_type))
    return Found(problem=_found.not_decoded(media_type))


def _fed(finder: UrlFinder | MailUrlFinder, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the same pieces, each of which a finder of URLs was given."""
    for chunk in chunks:
        finder.feed(chunk)
        yield chunk


def _slices(data: bytes) -> Iterator[memoryview]:
    view = memoryview(data)
    return (view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES))


def _require_expected(digests: tuple[Fingerprint, ...], expected_sha256: bytes | None) -> None:
    found = next(each.value for each in digests if each.kind == SHA256)
    if expected_sha256 is not None and found != expected_sha256:
        raise ChangedWhileReadError
