"""What answers of matching and operation look like, as msgspec types."""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from rempart.model.law import Conduct, DutyBearer, Role
from rempart.node.service import GivenQuery, Unsearched

_CODE: Final = {
    "type": "string",
    "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
    "description": "ISO 3166 code, such as FR or GB-SCT.",
}
CONTEXT_SCHEMA: Final = {
    "properties": {
        "kind": {"enum": [each.value for each in DutyBearer]},
        "established": _CODE,
        "conduct": {"enum": [each.value for each in Conduct]},
        "roles": {
            "type": "object",
            "properties": {
                role.value: {"anyOf": [_CODE, {"type": "array", "items": _CODE}]} for role in Role
            },
            "additionalProperties": False,
        },
        "date": {"type": "string", "format": "date"},
    },
    "required": ["kind", "established", "conduct"],
    "additionalProperties": False,
}
Context: TypeAlias = Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=CONTEXT_SCHEMA)]
"""Content of a `context.toml` as JSON values; checked by the stage that reads the file."""


class MatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queries to match, and the case that they belong to."""

    queries: Annotated[list[GivenQuery], msgspec.Meta(min_length=1, max_length=100_000)]
    context: Annotated[
        Context | None,
        msgspec.Meta(
            description="What a `context.toml` says: kind, established, conduct, roles and date. "
            "With it every match gets a decision."
        ),
    ] = None


class LabelView(msgspec.Struct, frozen=True):
    """A label that a source gave, in the scheme that it named."""

    scheme: str
    scheme_version: str | None
    region: str | None
    value: str


Labels = list[LabelView]


class VideoView(msgspec.Struct, frozen=True):
    """How far the frames of a query and those of an entry are the same; a still picture counts as one frame."""

    query_percent: Annotated[
        float,
        msgspec.Meta(description="Share of the query's frames that lie near one of the entry's."),
    ]
    list_percent: Annotated[
        float,
        msgspec.Meta(description="Share of the entry's frames that lie near one of the query's."),
    ]
    query_frames: Annotated[
        int, msgspec.Meta(description="Different frames of the query that were good enough.")
    ]
    list_frames: Annotated[
        int, msgspec.Meta(description="Different frames of the entry that were good enough.")
    ]
    seconds: Annotated[
        float | None, msgspec.Meta(description="Where in the query the nearest frame stands.")
    ]
    list_seconds: Annotated[
        float | None,
        msgspec.Meta(description="Where in the entry's video the frame stands that it is near to."),
    ]


class UrlView(msgspec.Struct, frozen=True):
    """Which expression of which URL is listed."""

    url: Annotated[str, msgspec.Meta(description="In canonical form.")]
    host: Annotated[
        Literal["exact", "suffix"],
        msgspec.Meta(description="`suffix` where the list names a domain above the URL's host."),
    ]
    path: Annotated[
        Literal["exact", "without-query", "prefix", "root"],
        msgspec.Meta(description="`prefix` is a folder above the URL, `root` its whole host."),
    ]
    times: Annotated[int, msgspec.Meta(description="How often it stands in the file.")]
    urls: Annotated[
        int, msgspec.Meta(description="How many different URLs of the file met this entry.")
    ]


class MatchView(msgspec.Struct, frozen=True):
    """One explained match; a lead, not a verdict."""

    id: Annotated[str, msgspec.Meta(description="Under which /v1/matches knows it.")]
    list: str
    list_id: str
    list_generation: int
    owner: str
    entry: str
    entry_version: int
    subject: Literal["child", "adult", "harmless"]
    kind: str
    distance: Annotated[int, msgspec.Meta(description="Differing bits; 0 for a digest.")]
    threshold: int
    dialect: str | None
    transform: str | None
    quality: int | None
    labels: Labels
    suppressed_by: Annotated[
        str | None, msgspec.Meta(description="The known-harmless list that is nearer.")
    ]
    from_partial: bool
    video: Annotated[
        VideoView | msgspec.UnsetType,
        msgspec.Meta(description="Present where the query or the entry is a video."),
    ] = msgspec.UNSET
    url: Annotated[
        UrlView | msgspec.UnsetType,
        msgspec.Meta(description="Present where the query is a URL and no hash of one."),
    ] = msgspec.UNSET


class ConflictView(msgspec.Struct, frozen=True):
    """Two lists disagree about one file; a person has to look."""

    code: str
    known_list: str
    harmless_list: str


class QueryResult(msgspec.Struct, frozen=True):
    """What one query found. Without matches: no known entry, not that the file is harmless."""

    reference: str | None
    matches: list[MatchView]
    conflicts: list[ConflictView]
    decisions: Annotated[
        list[dict[str, Any]] | msgspec.UnsetType,
        msgspec.Meta(
            description="`rempart.decision/1`: one for every match that nothing suppresses; "
            "present where the request has a context."
        ),
    ] = msgspec.UNSET
    not_searched: Annotated[
        list[Unsearched] | msgspec.UnsetType,
        msgspec.Meta(
            description="Fingerprints that were understood and not searched; absent where there are none."
        ),
    ] = msgspec.UNSET


class MatchAnswer(msgspec.Struct, frozen=True):
    """What the queries found, in their order."""

    schema: Literal["rempart.match/1"]
    results: list[QueryResult]


class FoundFingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fingerprint of the file."""

    kind: str
    value: str
    dialect: str | None = None
    quality: int | None = None
    software: str | None = None


class FileProblem(msgspec.Struct, frozen=True):
    """Why a file was not read as a whole."""

    kind: str
    message: str
    hint: str


class LookedAtVideo(msgspec.Struct, frozen=True):
    """What was looked at of a video or an animated picture."""

    seconds: float | None
    width: int
    height: int
    screened: Annotated[
        bool,
        msgspec.Meta(
            description="Whether only keyframes were looked at: none came near anything known."
        ),
    ]
    frames: int


class ScanResult(msgspec.Struct, frozen=True):
    """What was found out about one file: a `rempart.scan/1` record without a path."""

    reference: str | None
    size: int | None
    media_type: Annotated[str | None, msgspec.Meta(description="By content, never by name.")]
    outcome: Literal["ok", "partial", "unreadable", "refused"]
    error: FileProblem | None
    fingerprints: list[FoundFingerprint]
    matches: list[MatchView]
    conflicts: list[ConflictView]
    partial_fingerprints: Annotated[
        list[FoundFingerprint] | msgspec.UnsetType,
        msgspec.Meta(description="PDQ of what could be decoded of a torn picture."),
    ] = msgspec.UNSET
    video: Annotated[
        LookedAtVideo | msgspec.UnsetType,
        msgspec.Meta(description="Of a video or an animated picture only."),
    ] = msgspec.UNSET
    decisions: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


class ScanAnswer(msgspec.Struct, frozen=True):
    """What was found out about the files, in the order of the form."""

    schema: Literal["rempart.scan/1"]
    results: list[ScanResult]


class Alive(msgspec.Struct, frozen=True):
    """That the process answers."""

    status: Literal["alive"]


class Readiness(msgspec.Struct, frozen=True):
    """Whether the service can do its work, and what it waits for."""

    status: Literal["ready", "waiting"]
    waits_for: list[str]
