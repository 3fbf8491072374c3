"""What a report says of a scan: every figure comes in ready, a page only shows it.

Texts in here are shown as they are, except where a name says that it is a code: the page gives it a name in the
reader's language. Paths and partners' texts may hold anything.
"""

from dataclasses import dataclass
from datetime import datetime

from rempart.report.object_rows import (
    ConflictRow,
    ContainerRow,
    MatchRow,
    ProblemRow,
    Rows,
    VideoRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """Whose installation scanned.

    Attributes:
        kind: code of the kind of organisation.
        jurisdiction: ISO 3166 code.
    """

    id: str
    organisation: str
    kind: str
    jurisdiction: str
    is_exercise: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the scan was asked to do, and how it ended.

    Attributes:
        state: code: `finished`, `interrupted` or `running`.
        finished_at: when it ended or was stopped; absent while it runs, or where it was killed.
        roots: files and folders that were named.
        roots_left_out: how many more were named.
        has_listed_paths: whether the paths came from a list on standard input.
        depth: code: `screen` or `exact`.
        opens_archives: whether archives, documents and messages were opened.
        finds_urls: whether URLs were looked for.
    """

    id: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    roots: tuple[str, ...]
    roots_left_out: int
    has_listed_paths: bool
    depth: str
    follows_links: bool
    opens_archives: bool
    finds_urls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLineFacts:
    """A line of the records that could not be read."""

    number: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """The records that the page is made of.

    Attributes:
        path: their file; absent where the scan kept none.
        sha256: of the bytes that were read; absent where there is no file.
        objects_before: objects of the run that are not in here, because it was resumed and kept no records.
        bad_lines: how many lines are no records.
        first_bad_lines: the first of them.
    """

    path: str | None
    sha256: str | None
    size_bytes: int | None
    records: int
    objects_before: int
    bad_lines: int
    first_bad_lines: tuple[BadLineFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareFacts:
    """Which software wrote the page, and which computed the fingerprints, each as name and version."""

    written_by: tuple[str, ...]
    computed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The scan in a few figures; an object is a file or a member of one.

    Attributes:
        matched: objects with a match that nothing suppresses.
        matches: such matches.
        suppressed: objects whose matches are all suppressed.
        not_whole: objects whose outcome is not `ok`.
        with_urls: objects in which URLs were looked for.
        urls: different ones that were found in each, together.
        urls_left: objects in which a limit kept others from being found.
    """

    objects: int = 0
    files: int = 0
    members: int = 0
    size_bytes: int = 0
    matched: int = 0
    matches: int = 0
    suppressed: int = 0
    conflicts: int = 0
    not_whole: int = 0
    with_urls: int = 0
    urls: int = 0
    urls_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How many objects had an outcome, and how many bytes these are. `outcome` is a code."""

    outcome: str
    objects: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatCount:
    """How the objects of one format came through.

    Attributes:
        media_type: absent where it is not known.
        is_rest: whether these are all the formats for which there was no room.
    """

    media_type: str | None
    objects: int
    size_bytes: int
    matched: int
    not_whole: int
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCount:
    """One list, and what matched with it.

    Attributes:
        purpose: code: `known` or `known-harmless`; absent where the node that knows it was not asked.
        subject: code of whom its media show; absent likewise.
        generation: of the list as the page was written; absent likewise.
        entries: active ones, likewise.
        generations_seen: of the list as the matches saw it.
        matches: those that nothing suppresses.
        objects: objects with such a match.
        is_rest: whether these are all the lists for which there was no room.
    """

    name: str
    owner: str
    id: str
    purpose: str | None
    subject: str | None
    generation: int | None
    entries: int | None
    generations_seen: tuple[int, ...]
    matches: int
    suppressed: int
    objects: int
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """One label, and how many matches carry it.

    Attributes:
        scheme: absent where nobody gave the category a meaning.
        is_rest: whether these are all the labels for which there was no room.
    """

    scheme: str | None
    value: str
    matches: int
    suppressed: int
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """Why matches are matches.

    Attributes:
        kind: of the fingerprint, with the dialect of a PDQ.
        turned: matches of a turned or mirrored picture, among the others.
        from_partial: matches that rest on a torn file, among the others.
    """

    kind: str
    matches: int
    suppressed: int
    turned: int
    from_partial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceCount:
    """How many matches by PDQ lie at one distance, in bits."""

    distance_bits: int
    matches: int
    suppressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCount:
    """How many objects were not read whole for one reason. `kind` and `outcome` are codes."""

    kind: str
    outcome: str
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTotals:
    """What was looked at of videos and animated pictures.

    Attributes:
        screened: videos of which only keyframes were looked at.
        matched: videos with a match that nothing suppresses.
        seconds: duration of all of them, as far as it is known.
    """

    videos: int = 0
    screened: int = 0
    matched: int = 0
    frames: int = 0
    seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePoint:
    """How far a run was after some time of scanning.

    Attributes:
        seconds: since the run began, without the pauses between its parts.
        objects: that were done by then.
        objects_per_second: since the point before.
    """

    seconds: float
    objects: int
    objects_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFacts:
    """How quickly the run went on.

    Attributes:
        seconds: that it took, without the pauses between its parts.
        parts: how often it was begun or resumed.
        points: in the order of time; only some of many.
    """

    seconds: float
    objects_per_second: float
    bytes_per_second: float
    parts: int
    points: tuple[RatePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyCount:
    """One duty, and for how many matches it was found; `answer` says how surely it binds.

    All of it is written in the reader's language already.
    """

    what: str
    state: str
    answer: str
    to: str
    within: str
    article: str
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """What law asks, where the scan had a context; names are written in the reader's language already.

    Attributes:
        kind: of organisation that the case is about.
        established: where it is established.
        conduct: that is asked about.
        on: day of the law.
        roles: each with its states.
        answers: codes of whether there is a duty to report, and for how many matches.
        duties: that were found.
        duties_left_out: how many kinds of duties had no room.
        data: versions of the law data, each with its hash and whether facts of the operator's own are among them.
    """

    kind: str
    established: str
    conduct: str
    on: str
    roles: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, int], ...]
    duties: tuple[DutyCount, ...]
    duties_left_out: int
    data: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """All that a page says.

    Attributes:
        node: absent where only a file of records was named; so are `run` and `rates`.
        rates: absent where the log no longer tells them.
        decisions: absent where the scan had no context.
    """

    written_at: datetime
    node: NodeFacts | None
    run: RunFacts | None
    source: SourceFacts
    software: SoftwareFacts
    totals: Totals
    outcomes: tuple[OutcomeCount, ...]
    formats: tuple[FormatCount, ...]
    lists: tuple[ListCount, ...]
    labels: tuple[LabelCount, ...]
    reasons: tuple[ReasonCount, ...]
    distances: tuple[DistanceCount, ...]
    problems: tuple[ProblemCount, ...]
    videos: VideoTotals
    rates: RateFacts | None
    decisions: DecisionFacts | None
    match_rows: Rows[MatchRow]
    problem_rows: Rows[ProblemRow]
    conflict_rows: Rows[ConflictRow]
    video_rows: Rows[VideoRow]
    container_rows: Rows[ContainerRow]
