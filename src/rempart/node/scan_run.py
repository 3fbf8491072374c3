"""One run of a scan as the store remembers it: what to scan, how far it came, and its output file."""

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast
from uuid import UUID

from rempart.model.identifiers import ScanId
from rempart.model.scan import ScanRecord
from rempart.node.errors import (
    ResumeMismatchError,
    RunUnknownError,
    SettingsError,
)
from rempart.node.law.deciding import DecisionRequest
from rempart.node.node import OpenNode
from rempart.node.object_reading import ResumePoint
from rempart.node.scan_counts import ScanCounts
from rempart.node.scan_output import ScanOutput
from rempart.node.scan_roots import ListedRoots, NamedRoots
from rempart.node.walk import Position
from rempart.store import ScanState, StoredScan, UnknownRecordError

_LONGEST_SLEEP: Final = timedelta(days=31)
_SEPARATORS: Final = {"line": b"\n", "null": b"\0"}


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a scan is asked to do.

    Attributes:
        paths: files and folders; empty where the paths come from a list.
        list_separator: `line` or `null` where the paths come from a list on a stream, else absent.
        depth: `screen` or `exact`.
        output: file that gets every record exactly once; absent for none.
        workers: worker processes; absent means as set for the node.
        decisions: what to decide beside each match; absent for nothing.
        opens_archives: whether archives, documents and messages are opened.
        finds_urls: whether URLs are looked for in text and the like.
    """

    paths: tuple[bytes, ...]
    list_separator: str | None = None
    depth: str = "screen"
    follow_links: bool = False
    output: Path | None = None
    workers: int | None = None
    decisions: DecisionRequest | None = None
    opens_archives: bool = True
    finds_urls: bool = False


class ScanRun:
    """A run that is under way. Close it, or use it as a context manager."""

    def __init__(
        self,
        node: OpenNode,
        scan_id: ScanId,
        request: ScanRequest,
        *,
        roots: NamedRoots | ListedRoots,
        output: ScanOutput | None,
        after: Position | None,
        counts: ScanCounts,
        folder: bytes,
        inside: ResumePoint | None = None,
    ) -> None:
        """Join the parts; use `begin_run` or `resume_run`."""
        self.scan_id = scan_id
        self.after = after
        self.inside = inside
        self.opens_archives = request.opens_archives
        self.finds_urls = request.finds_urls
        self.counts = counts
        self.depth = request.depth
        self.follow_links = request.follow_links
        self.decisions = request.decisions
        self.workers = request.workers or node.settings.worker_count()
        self._request = request
        self._node = node
        self._roots = roots
        self._output = output
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._output is not None:
            self._output.close()

    @property
    def has_output(self) -> bool:
        """Whether records go to a file."""
        return self._output is not None

    @property
    def named_paths(self) -> tuple[bytes, ...]:
        """The files and folders to walk, where they were named and do not come from a list."""
        return self._request.paths

    def roots(self) -> Iterator[bytes]:
        """Yield the files and folders to walk.

        Raises:
            ResumeMismatchError: the run was begun in another folder, where a path meant something else.
        """
        here = _here()
        for path in self._roots:
            if self._folder != here and not path.startswith(b"/"):
                raise _elsewhere(self._folder)
            yield path

    def write(self, lines: bytes) -> None:
        """Bring records to the disk, where there is an output file.

        Raises:
            OutputFailedError: the disk refused; the run can be resumed when that is mended.
        """
        if self._output is not None:
            self._output.write(lines)

    def checkpoint(
        self, position: Position, inside: ResumePoint | None, records: Sequence[ScanRecord]
    ) -> None:
        """Remember that everything up to a position is done, with the matches of these records.

        Args:
            position: of the last file.
            inside: how far that file was read, where it is not done with.
            records: since the last checkpoint.
        """
        self.after, self.inside = position, inside
        root, components = position
        checkpoint = {
            "root": root,
            "components": [_as_text(part) for part in components],
            "roots_digest": self._roots.digest_at(root),
            "output_bytes": self._output.size_bytes if self._output is not None else 0,
            "inside": asdict(inside) if inside is not None else None,
        }
        matches = [(record.file.path, match) for record in records for match in record.matches]
        with self._node.store.write(
            principal=self._node.principal,
            clock=self._node.clock,
            identifiers=self._node.identifiers,
        ) as writer:
            writer.checkpoint_scan(
                self.scan_id, checkpoint=checkpoint, counts=asdict(self.counts), matches=matches
            )
            writer.record(
                "scan.progressed",
                {"scan": str(self.scan_id), "files": len(records), "matches": len(matches)},
            )

    def finish(self, *, was_stopped: bool) -> None:
        """Remember that the run came to its end, or was stopped and can be resumed."""
        state = ScanState.INTERRUPTED if was_stopped else ScanState.FINISHED
        with self._node.store.write(
            principal=self._node.principal,
            clock=self._node.clock,
            identifiers=self._node.identifiers,
        ) as writer:
            writer.finish_scan(self.scan_id, state=state, counts=asdict(self.counts))
            writer.record(f"scan.{state}", {"scan": str(self.scan_id), "files": self.counts.files})


def begin_run(node: OpenNode, request: ScanRequest, listed: BinaryIO | None) -> ScanRun:
    """Start a run, and forget the runs whose time is over.

    Raises:
        OutputExistsError: the output file is there already.
        SettingsError: there is nothing to scan.
    """
    if not request.paths and request.list_separator is None:
        message = "There is nothing to scan."
        raise SettingsError(message, hint="Name files or folders, or - for a list of paths.")
    roots = _roots(request, listed, None)
    output = ScanOutput.begin(request.output) if request.output is not None else None
    try:
        scan_id = _start(node, request)
    except BaseException:
        if output is not None:
            output.discard()
        raise
    return ScanRun(
        node,
        scan_id,
        request,
        roots=roots,
        output=output,
        after=None,
        counts=ScanCounts(),
        folder=_here(),
    )


def _start(node: OpenNode, request: ScanRequest) -> ScanId:
    """Keep what the run is asked to do, and forget the runs whose time is over."""
    now = node.clock.now()
    output = request.output
    settings = {
        "paths": NamedRoots(request.paths).settings(),
        "list_separator": request.list_separator,
        "depth": request.depth,
        "follow_links": request.follow_links,
        "output": _as_text(os.fsencode(output.absolute())) if output is not None else None,
        "workers": request.workers,
        "decisions": request.decisions.settings() if request.decisions is not None else None,
        "archives": request.opens_archives,
        "urls": request.finds_urls,
        "folder": _as_text(_here()),
    }
    # A clock that jumped by years would have the node forget every run, also those to go on with: what is on record
    # of the last month says that it may be right. A node that slept longer forgets at its second run.
    was_at_work = node.store.has_events(since=now - _LONGEST_SLEEP, until=now)
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        purged = writer.purge_scans(now) if was_at_work else 0
        scan_id = writer.start_scan(
            settings=settings, expires_at=now + timedelta(days=node.settings.retention_days)
        ).id
        writer.record("scan.started", {"scan": str(scan_id), "purged_scans": purged})
    return scan_id


def resume_run(node: OpenNode, text: str, listed: BinaryIO | None) -> ScanRun:
    """Go on with a run where its last checkpoint says.

    Raises:
        RunUnknownError: there is no such run, or it came to its end.
        ResumeMismatchError: its output file is not as the run left it.
    """
    stored = _stored_run(node, text)
    settings = cast("Any", stored.settings)  # JSON that `begin_run` wrote
    request = ScanRequest(
        paths=tuple(NamedRoots.from_settings(settings["paths"])),
        list_separator=settings["list_separator"],
        depth=settings["depth"],
        follow_links=settings["follow_links"],
        output=(
            Path(os.fsdecode(base64.b64decode(settings["output"])))
            if settings["output"] is not None
            else None
        ),
        workers=settings["workers"],
        decisions=_decisions(settings.get("decisions")),
        opens_archives=settings.get("archives", True),
        finds_urls=settings.get("urls", False),
    )
    checkpoint = cast("Any", stored.checkpoint)  # JSON that `checkpoint` wrote
    after: Position | None = None
    expected: tuple[int, str] | None = None
    output_bytes = 0
    inside: ResumePoint | None = None
    if checkpoint is not None:
        components = tuple(base64.b64decode(part) for part in checkpoint["components"])
        after = (checkpoint["root"], components)
        expected = (checkpoint["root"], checkpoint["roots_digest"])
        output_bytes = checkpoint["output_bytes"]
        inside = _inside(checkpoint.get("inside"))
    roots = _roots(request, listed, expected)
    return ScanRun(
        node,
        stored.id,
        request,
        roots=roots,
        output=(
            ScanOutput.resume(
                request.output, output_bytes, once_held=lambda: _require_same(node, stored)
            )
            if request.output
            else None
        ),
        after=after,
        counts=ScanCounts(**cast("Any", stored.counts)),  # JSON that `checkpoint` wrote
        folder=base64.b64decode(settings["folder"]),
        inside=inside,
    )


def _inside(kept: Any) -> ResumePoint | None:  # Any: JSON that `checkpoint` wrote
    if kept is None:
        return None
    size, changed_at = kept["stamp"]
    return ResumePoint(
        place=tuple(kept["place"]),
        lacking=tuple(tuple(each) for each in kept["lacking"]),
        members=kept["members"],
        unpacked_bytes=kept["unpacked_bytes"],
        stamp=(size, changed_at),
    )


def _decisions(settings: Any) -> DecisionRequest | None:  # Any: JSON that `_start` wrote
    return DecisionRequest.from_settings(settings) if settings is not None else None


def _require_same(node: OpenNode, stored: StoredScan) -> None:
    """Refuse to cut the output back to a checkpoint that another process has gone beyond meanwhile."""
    if node.store.scan(stored.id) != stored:
        message = f"The run {stored.id} went on in another process meanwhile."
        raise ResumeMismatchError(message, hint="Resume it again; nothing was changed.")


def _stored_run(node: OpenNode, text: str) -> StoredScan:
    try:
        scan_id = ScanId(UUID(text))
    except ValueError as error:
        message = f"{text[:60]!r} is not the identifier of a run."
        raise RunUnknownError(
            message, hint="Copy it from the message of the stopped run."
        ) from error
    try:
        stored = node.store.scan(scan_id)
    except UnknownRecordError as error:
        message = f"The run {text} is not known here, or its retention is over."
        raise RunUnknownError(message, hint="Start a new run with `rempart scan`.") from error
    if stored.state is ScanState.FINISHED:
        message = f"The run {text} is finished."
        raise RunUnknownError(message, hint="Start a new run with `rempart scan`.")
    return stored


def _roots(
    request: ScanRequest, listed: BinaryIO | None, expected: tuple[int, str] | None
) -> NamedRoots | ListedRoots:
    if request.list_separator is None:
        return NamedRoots(request.paths)
    if listed is None:
        message = "The run reads its paths from a list, and none was given."
        raise SettingsError(message, hint="Give the same list on standard input again.")
    return ListedRoots(listed, separator=_SEPARATORS[request.list_separator], expected=expected)


def _as_text(path: bytes) -> str:
    return base64.b64encode(path).decode("ascii")


def _here() -> bytes:
    """Return the working folder, or nothing where it was removed."""
    try:
        return os.fsencode(Path.cwd())
    except FileNotFoundError:
        return b""


def _elsewhere(folder: bytes) -> ResumeMismatchError:
    message = "The run was begun in another folder, and its paths are relative to that one."
    return ResumeMismatchError(message, hint=f"Change to {os.fsdecode(folder)!r} and resume there.")
