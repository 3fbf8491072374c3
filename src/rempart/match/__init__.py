"""Match fingerprints against everything a node knows: exact search, thresholds, suppression, explanation."""

from rempart.match._frame_search import Frames, owners_near
from rempart.match._kernels import pick_kernel
from rempart.match.digest_map import DigestMap
from rempart.match.errors import (
    DuplicateIdError,
    SearchKernelError,
    SnapshotDamagedError,
    SnapshotOutdatedError,
    UnknownIdError,
)
from rempart.match.frames import frame_rows, is_readable
from rempart.match.hamming import HammingIndex
from rempart.match.known_index import IndexChanges, KnownIndex
from rempart.match.layered import LayeredIndex
from rempart.match.matcher import (
    LARGEST_SCREENED_THRESHOLD_BITS,
    SCREEN_MARGIN_BITS,
    Findings,
    Matcher,
)
from rempart.match.ports import KnownEntries, SearchedIndex
from rempart.match.query import PictureQuery, Query, UrlQuery, VideoQuery, single_query
from rempart.match.suppression import Hit, Judgement, judge
from rempart.match.video_rules import DEFAULT_VIDEO_RULES, VideoRule

__all__ = [
    "DEFAULT_VIDEO_RULES",
    "LARGEST_SCREENED_THRESHOLD_BITS",
    "SCREEN_MARGIN_BITS",
    "DigestMap",
    "DuplicateIdError",
    "Findings",
    "Frames",
    "HammingIndex",
    "Hit",
    "IndexChanges",
    "Judgement",
    "KnownEntries",
    "KnownIndex",
    "LayeredIndex",
    "Matcher",
    "PictureQuery",
    "Query",
    "SearchKernelError",
    "SearchedIndex",
    "SnapshotDamagedError",
    "SnapshotOutdatedError",
    "UnknownIdError",
    "UrlQuery",
    "VideoQuery",
    "VideoRule",
    "frame_rows",
    "is_readable",
    "judge",
    "owners_near",
    "pick_kernel",
    "single_query",
]
