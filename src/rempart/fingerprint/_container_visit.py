"""Going through a container and the containers in it, member by member, as far as a request says.

The members of a nested container lie in memory, never on the disk; the limits on members and bytes are shared by
all that lies in one file. What is found out about each member is a part of the answer.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final, Protocol, cast

from rempart.fingerprint import _found
from rempart.fingerprint._found import Found, result_of
from rempart.fingerprint._looking import Content
from rempart.fingerprint._members import MemberContent, read_member
from rempart.fingerprint._pulse import Pulse, PulsingFile, Reader
from rempart.fingerprint._reading import CHUNK_BYTES
from rempart.fingerprint.messages import ContainerLimits, Place, WorkRequest
from rempart.fingerprint.parts import Answer, say_begun, say_frames, say_left, say_result, say_urls
from rempart.fingerprint.url_finding import FoundUrls, finder_for, holds_clear_text
from rempart.media import HEAD_BYTES, sniff
from rempart.media.archives import (
    ArchiveBudget,
    ArchiveLimits,
    Container,
    ContainerError,
    Member,
    container_type,
    open_container,
)
from rempart.model.fingerprint import SHA256
from rempart.model.scan import Problem, ProblemKind

_DAMAGE: Final = frozenset({ProblemKind.CORRUPT, ProblemKind.TRUNCATED})
"""A member that has one of these problems is looked into as a damaged file is; others met a limit."""


class Look(Protocol):
    """Looks into what a file or member holds."""

    def __call__(self, content: Content, place: Place, *, is_exact: bool = False) -> Found:
        """Return what it yields; what is exact need not be confirmed."""


class ContainerVisit:
    """Gives the members of one file."""

    def __init__(
        self,
        request: WorkRequest,
        limits: ContainerLimits,
        *,
        answer: Answer,
        pulse: Pulse,
        look: Look,
    ) -> None:
        """Take what to do.

        Args:
            request: what is wanted.
            limits: how far to go.
            answer: takes the members.
            pulse: shows that the work goes on.
            look: looks into the content of a member; it comes back here for containers.
        """
        self._request = request
        self._limits = limits
        self._answer = answer
        self._pulse = pulse
        self._look = look
        self._until = pulse.monotonic() + limits.seconds
        self._archive_limits = ArchiveLimits(
            max_members=limits.members,
            max_bytes=limits.unpacked_bytes,
            max_ratio=limits.ratio,
            max_member_bytes=limits.unpacked_bytes,
            max_depth=limits.depth,
        )
        self._budget = ArchiveBudget(self._archive_limits)
        self._has_taken_up = False
        self._expected: Final = {each.place: each.sha256 for each in request.confirmed}

    def go_through(self, reader: Reader, media_type: str, place: Place) -> Found:
        """Give every member of a container that is wanted; return what is to be said of the container itself."""
        problem = None
        has_members = self._was_begun(place)
        try:
            with open_container(
                cast("BinaryIO", PulsingFile(reader, self._pulse)),
                media_type=media_type,
                limits=self._archive_limits,
                budget=self._budget,
                depth=len(place) + 1,
            ) as container:
                for member in self._wanted(container, place):
                    if self._pulse.monotonic() > self._until:
                        problem = _found.over_time(self._limits.seconds)
                        break
                    has_members = True
                    self._give(member, (*place, member.number))
                problem = problem or container.problem
        except ContainerError as error:
            problem = error.problem
        except MemoryError:
            problem = _found.out_of_memory()
        except OSError as error:
            problem = _found.read_error(error)
        return Found(problem=problem, has_members=has_members)

    def _wanted(self, container: Container, place: Place) -> Iterator[Member]:
        """Return the members that the request asks for."""
        depth = len(place)
        if not self._expected:
            return container.members(first=self._first(place))
        numbers = {
            each[depth] for each in self._expected if len(each) > depth and each[:depth] == place
        }
        return _among(numbers, container) if numbers else iter(())

    def _first(self, place: Place) -> int:
        """Return the number of the first member that earlier visits are not done with."""
        after, depth = self._request.after, len(place)
        if after[:depth] != place or len(after) == depth:
            return 1
        is_done_with = len(after) == depth + 1
        return after[depth] + is_done_with

    def _was_begun(self, place: Place) -> bool:
        """Tell whether an earlier visit gave members of this container."""
        return len(self._request.after) > len(place) and self._request.after[: len(place)] == place

    def _give(self, member: Member, place: Place) -> None:
        self._take_up_the_count(place)
        say_begun(self._answer, member.number, member.name)
        if self._expected and place not in self._expected:
            self._pass_through(member, place)
            say_left(self._answer)
            return
        media_type: str | None = None
        content = MemberContent(data=None, size=member.size, digests=(), head=b"", problem=None)
        try:
            content = read_member(
                member, most_bytes=self._request.max_file_bytes, pulse=self._pulse
            )
            media_type = self._type_of(content, place)
            found = self._found_in(content, media_type, place)
            if self._request.finds_urls and place != self._request.undecoded:
                found = replace(found, urls=_urls_in(content, media_type, self._pulse))
        except MemoryError:
            found = Found(problem=_found.out_of_memory())
        except OSError as error:
            found = Found(problem=_found.read_error(error))
        result = result_of(found, size=content.size, media_type=media_type, digests=content.digests)
        say_frames(self._answer, found.frames, found.turned)
        say_urls(self._answer, found.urls)
        say_result(self._answer, result)

    def _type_of(self, content: MemberContent, place: Place) -> str | None:
        sniffed = sniff(content.head[:HEAD_BYTES])
        if content.data is None or not _was_read(content) or place == self._request.undecoded:
            return sniffed
        return container_type(PulsingFile(Reader.of_bytes(content.data), self._pulse), sniffed)

    def _found_in(self, content: MemberContent, media_type: str | None, place: Place) -> Found:
        # Also where it is torn now: it was whole when it was first read.
        if _was_read(content) and self._has_changed(content, place):
            return Found(problem=_found.changed())
        if content.problem is not None:
            return self._found_in_rest(content, content.problem, media_type, place)
        if content.size == 0:
            return Found(problem=_found.empty())
        if place == self._request.undecoded:
            return Found()
        return self._look(_content_of(content, media_type), place)

    def _found_in_rest(
        self, content: MemberContent, problem: Problem, media_type: str | None, place: Place
    ) -> Found:
        """Return what can be had of a member that is torn, or whose checksum is false: all of it counts as torn."""
        found = Found()
        is_picture = media_type is not None and media_type.startswith("image/")
        is_readable = is_picture or problem.kind in _DAMAGE
        if content.data and is_readable and place != self._request.undecoded:
            # Exactly: a screen would have to be confirmed, for which a torn member lacks the digests.
            found = self._look(_content_of(content, media_type), place, is_exact=True)
        is_false = content.is_complete and bool(content.size)
        return replace(found, problem=problem, is_still_whole=False, is_false=is_false)

    def _has_changed(self, content: MemberContent, place: Place) -> bool:
        expected = self._expected.get(place)
        found = next((each.value for each in content.digests if each.kind == SHA256), None)
        return expected is not None and found != expected

    def _pass_through(self, member: Member, place: Place) -> None:
        """Go on to the members in a member; it was told before, and is not told again."""
        try:
            content = read_member(
                member, most_bytes=self._request.max_file_bytes, pulse=self._pulse
            )
            if content.data and _was_read(content):
                self._look(_content_of(content, self._type_of(content, place)), place)
        except (MemoryError, OSError):
            return  # whoever asked sees that what was asked for did not come

    def _take_up_the_count(self, place: Place) -> None:
        """Count what earlier visits gave, once the first member comes that they did not."""
        after = self._request.after
        if self._has_taken_up or place == after[: len(place)]:
            return
        self._has_taken_up = True
        budget, limits = self._budget, self._limits
        budget.members = min(budget.members, limits.members - limits.spent_members - 1)
        budget.bytes = min(budget.bytes, limits.unpacked_bytes - limits.spent_bytes)


def _among(numbers: set[int], container: Container) -> Iterator[Member]:
    last = max(numbers)
    for member in container.members(first=min(numbers)):
        if member.number in numbers:
            yield member
        if member.number >= last:
            return


def _was_read(content: MemberContent) -> bool:
    """Tell whether there is nothing more to be had of the bytes, damaged as they may be."""
    return content.problem is None or content.problem.kind in _DAMAGE


def _urls_in(content: MemberContent, media_type: str | None, pulse: Pulse) -> FoundUrls | None:
    """Return the URLs in a member, or in what could be read of a torn one; of one that is too large, none."""
    if not content.head or not holds_clear_text(media_type):
        return None
    if content.data is None:
        return FoundUrls((), is_complete=False)
    finder = finder_for(media_type)
    data = memoryview(content.data)
    for start in pulse.along(range(0, len(data), CHUNK_BYTES)):
        finder.feed(bytes(data[start : start + CHUNK_BYTES]))
    found = finder.found()
    return found if content.is_complete else replace(found, is_complete=False)


def _content_of(content: MemberContent, media_type: str | None) -> Content:
    data = content.data
    return Content(
        media_type=media_type,
        reader=None if data is None else Reader.of_bytes(data),
        data=None if data is None else lambda: data,
    )
