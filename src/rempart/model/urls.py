"""How a URL met an entry of a list: which of its hosts and paths, and where the URL stands."""

from dataclasses import dataclass
from enum import StrEnum


class HostPart(StrEnum):
    """Which host of a URL an expression names: the whole one, or what is left without its leading labels."""

    EXACT = "exact"
    SUFFIX = "suffix"


class PathPart(StrEnum):
    """Which path of a URL an expression names; `prefix` is a folder above, `root` everything on the host."""

    EXACT = "exact"
    WITHOUT_QUERY = "without-query"
    PREFIX = "prefix"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class UrlSummary:
    """How far URLs were looked for in a file or member.

    Attributes:
        distinct: how many different URLs were found.
        is_complete: whether no limit kept others from being found.
    """

    distinct: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class UrlEvidence:
    """Which expression of which URL is on the list.

    Attributes:
        url: in canonical form; the text of a lead, to be kept no longer than the path of the file that it stood in.
        times: how often it stands in the file; 1 where the URL itself was asked for.
        urls: how many different URLs of the file met the entry; `url` is the one that met it most exactly.
    """

    host: HostPart
    path: PathPart
    url: str
    times: int = 1
    urls: int = 1
