"""Settings of one node: from `node.toml` in its folder, the environment, the command line; each has a safe default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from rempart.node.setting_kinds import (
    ADDRESSES,
    HOST_NAMES,
    LISTENING,
    NETWORKS,
    VIDEO_RULES,
    Flag,
    Kind,
    Number,
    Place,
    StoreUrl,
    Word,
)
from rempart.node.setting_sources import SETTINGS_FILE, VARIABLE_PREFIX, chosen_values

__all__ = [
    "SETTINGS_FILE",
    "SETTING_KINDS",
    "VARIABLE_PREFIX",
    "Settings",
    "allowed_text",
    "default_text",
    "read_settings",
    "settings_text",
]

_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator may set.

    Attributes:
        workers: worker processes of a scan; 0 means one per core.
        seconds_per_file: time without any progress after which a file is given up.
        pixels_per_picture: largest picture that is decoded, read from the header first.
        bytes_per_picture: largest picture, and largest member of an archive, that is decoded; larger ones get digests
            only.
        seconds_per_video: time after which no further frame of a video is decoded.
        video_seconds: playing time up to which a video is decoded.
        seconds_per_archive: time after which no further member of an archive, document or message is begun.
        archive_depth: archives within archives that are opened; 1 opens no nested one.
        archive_members: most members of one file, those of nested archives counted.
        archive_bytes: most bytes that one file may unpack to, nested archives counted.
        archive_ratio: most unpacked bytes for each packed one.
        worker_memory_bytes: address space of one worker of a scan.
        files_per_worker: a worker of a scan is replaced after this many files.
        retention_days: how long scans, their paths and their matches are kept.
        largest_shrink_percent: a full import that withdraws more needs `--allow-shrink`.
        video_rules: when two videos match: Q percent of the query's frames lie near the listed video's and C percent of
            the listed video's near the query's; one of the rules is enough.
        law_overlay: folder of the operator's own facts of law; a relative one begins at the node's folder.
        store: URL of the database, where the node's own file is not used; it may hold a password.
        key_file: the key that seals the node's secrets; without it `keys/node.key` in the node's folder.
        listen: addresses where the service answers.
        serve_workers: processes that answer requests; 0 means one per core.
        tls_certificate: certificate of the service with its chain (PEM); needs `tls_key`.
        tls_key: private key of the certificate (PEM), readable by the service's user alone.
        trusted_proxies: proxies whose word on the client's address and scheme is believed.
        connections: most connections that one worker holds; above it, requests are answered 503.
        request_body_bytes: largest body of a request.
        header_bytes: largest head of a request.
        request_seconds: time in which a request must have arrived; a reader of an answer may stand still as long.
        keep_alive_seconds: time after which an idle connection is closed.
        shutdown_seconds: time that requests in work have to finish when the service stops or starts anew.
        batch_queries: most queries of one request.
        requests_per_minute: pace of a key that was made without one; 0 sets no limit.
        queries_per_day: budget of a key that was made without one; 0 sets no limit.
        history_days: how long matches of the service and their references are kept.
        idempotency_hours: how long the answer to a write is kept for a request that comes again.
        metrics_open: whether `/metrics` is answered without a key.
        checkpoint_seconds: time between signed checkpoints of the audit log.
        hma_anonymous: addresses of `listen` whose HMA routes take no key; on an exercise node only.
        fetch_hosts: hosts from which media may be fetched for the HMA routes.
        fetch_loopback: whether media may be fetched from this machine; on an exercise node only.
        fetch_bytes: largest medium that is fetched.
        fetch_seconds: time that one fetching may take.
        log_format: `auto` writes text on a terminal and JSON elsewhere.
    """

    workers: int = 0
    seconds_per_file: int = 60
    pixels_per_picture: int = 100_000_000
    bytes_per_picture: int = 256 * _MEBIBYTE
    seconds_per_video: int = 1800
    video_seconds: int = 4 * 3600
    seconds_per_archive: int = 4 * 3600
    archive_depth: int = 5
    archive_members: int = 1_000_000
    archive_bytes: int = 64 * 1024 * _MEBIBYTE
    archive_ratio: int = 1000
    worker_memory_bytes: int = 3072 * _MEBIBYTE
    files_per_worker: int = 5000
    retention_days: int = 90
    largest_shrink_percent: int = 20
    video_rules: tuple[str, ...] = ("80/0", "0/80")
    law_overlay: Path | None = None
    store: str = field(default="", repr=False)
    key_file: Path | None = None
    listen: tuple[str, ...] = ("127.0.0.1:8765",)
    serve_workers: int = 0
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    connections: int = 1000
    request_body_bytes: int = 64 * _MEBIBYTE
    header_bytes: int = 32 * 1024
    request_seconds: int = 60
    keep_alive_seconds: int = 75
    shutdown_seconds: int = 30
    batch_queries: int = 10_000
    requests_per_minute: int = 600_000
    queries_per_day: int = 100_000_000
    history_days: int = 90
    idempotency_hours: int = 24
    metrics_open: bool = False
    checkpoint_seconds: int = 60
    hma_anonymous: tuple[str, ...] = ()
    fetch_hosts: tuple[str, ...] = ()
    fetch_loopback: bool = False
    fetch_bytes: int = 32 * _MEBIBYTE
    fetch_seconds: int = 10
    log_format: str = "auto"

    def worker_count(self) -> int:
        """Return how many workers of a scan to run: as set, else one per core that this process may use."""
        return self.workers or len(os.sched_getaffinity(0))

    def serve_worker_count(self) -> int:
        """Return how many processes answer requests: as set, else one per core that this process may use."""
        return self.serve_workers or len(os.sched_getaffinity(0))


SETTING_KINDS: Final[Mapping[str, Kind]] = {
    "workers": Number(0, 1024),
    "seconds_per_file": Number(1, 86_400),
    "pixels_per_picture": Number(1, 1_000_000_000),
    "bytes_per_picture": Number(1, 4096 * _MEBIBYTE),
    "seconds_per_video": Number(1, 86_400),
    "video_seconds": Number(1, 86_400),
    "seconds_per_archive": Number(1, 864_000),
    "archive_depth": Number(1, 16),
    "archive_members": Number(1, 100_000_000),
    "archive_bytes": Number(1, 1024 * 1024 * 1024 * _MEBIBYTE),
    "archive_ratio": Number(1, 1_000_000),
    "worker_memory_bytes": Number(512 * _MEBIBYTE, 1024 * 1024 * _MEBIBYTE),
    "files_per_worker": Number(1, 1_000_000),
    "retention_days": Number(1, 36_525),
    "largest_shrink_percent": Number(0, 100),
    "video_rules": VIDEO_RULES,
    "law_overlay": Place("folder"),
    "store": StoreUrl(),
    "key_file": Place("file"),
    "listen": LISTENING,
    "serve_workers": Number(0, 256),
    "tls_certificate": Place("file"),
    "tls_key": Place("file"),
    "trusted_proxies": NETWORKS,
    "connections": Number(10, 100_000),
    "request_body_bytes": Number(64 * 1024, 4096 * _MEBIBYTE),
    "header_bytes": Number(4096, _MEBIBYTE),
    "request_seconds": Number(1, 3600),
    "keep_alive_seconds": Number(1, 3600),
    "shutdown_seconds": Number(1, 3600),
    "batch_queries": Number(1, 100_000),
    "requests_per_minute": Number(0, 1_000_000_000),
    "queries_per_day": Number(0, 1_000_000_000_000),
    "history_days": Number(1, 36_525),
    "idempotency_hours": Number(1, 720),
    "metrics_open": Flag(),
    "checkpoint_seconds": Number(1, 86_400),
    "hma_anonymous": ADDRESSES,
    "fetch_hosts": HOST_NAMES,
    "fetch_loopback": Flag(),
    "fetch_bytes": Number(1, 1024 * _MEBIBYTE),
    "fetch_seconds": Number(1, 600),
    "log_format": Word(("auto", "json", "text")),
}
_GROUPS: Final[Mapping[str, str]] = {
    "workers": "Scans",
    "store": "The store and its key",
    "listen": "The service",
    "batch_queries": "What callers of the service may do, and what is kept",
    "hma_anonymous": "The routes of HMA",
    "log_format": "The log",
}
"""The heading above the setting of that name in a new file."""


def read_settings(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> Settings:
    """Read the settings of a node: options before the environment, that before the file, that before defaults.

    Args:
        folder: of the node.
        environment: where `REMPART_<NAME>` may stand; the process's own without it.
        options: settings that the command line names, as TOML values.

    Raises:
        SettingsError: the file cannot be read, or settings are unknown or outside their limits; all of them are told.
    """
    chosen: dict[str, Any] = chosen_values(  # Any: each was read by its kind
        folder,
        os.environ if environment is None else environment,
        options or {},
        known=SETTING_KINDS,
    )
    return Settings(**chosen)


def settings_text() -> str:
    """Return the text of a new `node.toml`: every setting with its default, commented out."""
    lines = ["# Settings of this node. Take away the # to change one."]
    for each in fields(Settings):
        if each.name in _GROUPS:
            lines += ["", f"# {_GROUPS[each.name]}"]
        lines.append(f"# {each.name} = {default_text(each.name)}")
    return "\n".join(lines) + "\n"


def default_text(name: str) -> str:
    """Return a setting's default as `node.toml` writes it; an empty text where there is none."""
    return _toml_text(getattr(Settings(), name))


def allowed_text(name: str) -> str:
    """Say which values a setting may have."""
    kind = SETTING_KINDS[name]
    return f"{kind.smallest} to {kind.largest}" if isinstance(kind, Number) else kind.expected


def _toml_text(value: object) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_text(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
