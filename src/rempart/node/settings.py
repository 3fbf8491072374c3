"""Settings of one node, read from `node.toml` in its folder; every one has a safe default."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from rempart.node.errors import SettingsError

SETTINGS_FILE: Final = "node.toml"
_LIMIT_BYTES: Final = 64 * 1024
_MEBIBYTE: Final = 1024 * 1024
_CORRECT_IT: Final = "Correct it, or move it away to use the defaults."
_CORRECT_VALUE: Final = "Correct the value, or take the line away."


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator may set.

    Attributes:
        workers: worker processes of a scan; 0 means one per core.
        seconds_per_file: time after which a file is given up.
        pixels_per_picture: largest picture that is decoded, read from the header first.
        bytes_per_picture: largest file that is decoded; larger ones get digests only.
        worker_memory_bytes: address space of one worker.
        files_per_worker: a worker is replaced after this many files.
        retention_days: how long scans, their paths and their matches are kept.
        largest_shrink_percent: a full import that withdraws more needs `--allow-shrink`.
        law_overlay: folder of the operator's own facts of law; a relative one begins at the node's folder.
    """

    workers: int = 0
    seconds_per_file: int = 60
    pixels_per_picture: int = 100_000_000
    bytes_per_picture: int = 256 * _MEBIBYTE
    worker_memory_bytes: int = 3072 * _MEBIBYTE
    files_per_worker: int = 5000
    retention_days: int = 90
    largest_shrink_percent: int = 20
    law_overlay: Path | None = None

    def worker_count(self) -> int:
        """Return how many workers to run: as set, else one per core that this process may use."""
        return self.workers or len(os.sched_getaffinity(0))


_LARGEST: Final[Mapping[str, int]] = {
    "workers": 1024,
    "seconds_per_file": 86_400,
    "pixels_per_picture": 1_000_000_000,
    "bytes_per_picture": 4096 * _MEBIBYTE,
    "worker_memory_bytes": 1024 * 1024 * _MEBIBYTE,
    "files_per_worker": 1_000_000,
    "retention_days": 36_525,
    "largest_shrink_percent": 100,
}
_PATHS: Final = frozenset({"law_overlay"})
_SMALLEST: Final[Mapping[str, int]] = {
    "workers": 0,
    "largest_shrink_percent": 0,
    "worker_memory_bytes": 512 * _MEBIBYTE,
}


def read_settings(folder: Path) -> Settings:
    """Read the settings of a node's folder; absent ones keep their default.

    Raises:
        SettingsError: the file cannot be read, or a setting is unknown or outside its limits.
    """
    path = folder / SETTINGS_FILE
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT_BYTES + 1)
        # A file that is cut short would lose settings without a word.
        table = tomllib.loads(content.decode()) if len(content) <= _LIMIT_BYTES else None
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path} cannot be read as TOML: {error}."
        raise SettingsError(message, hint=_CORRECT_IT) from error
    if table is None:
        message = f"{path} has more than {_LIMIT_BYTES} bytes."
        raise SettingsError(message, hint=_CORRECT_IT)
    return _checked(table, path)


def settings_text() -> str:
    """Return the text of a new `node.toml`: every setting with its default, commented out."""
    lines = ["# Settings of this node. Take away the # to change one.", ""]
    lines += [f"# {field.name} = {default_text(field.name)}" for field in fields(Settings)]
    return "\n".join(lines) + "\n"


def default_text(name: str) -> str:
    """Return a setting's default as `node.toml` writes it; an empty text where there is none."""
    default = getattr(Settings(), name)
    return '""' if default is None else str(default)


def allowed_text(name: str) -> str:
    """Say which values a setting may have."""
    if name in _PATHS:
        return 'the path of a folder in quotes, or `""` for none'
    return f"{_SMALLEST.get(name, 1)} to {_LARGEST[name]}"


def _checked(table: Mapping[str, object], path: Path) -> Settings:
    known = {field.name for field in fields(Settings)}
    chosen: dict[str, Any] = {}  # Any: each value is checked for its setting
    for name, value in table.items():
        if name not in known:
            message = f"{path} holds the unknown setting {name!r}."
            raise SettingsError(message, hint=f"The settings are: {', '.join(sorted(known))}.")
        read = _folder if name in _PATHS else _number
        chosen[name] = read(name, value, path)
    return Settings(**chosen)


def _number(name: str, value: object, path: Path) -> int:
    smallest, largest = _SMALLEST.get(name, 1), _LARGEST[name]
    # A bool is an int to isinstance.
    if type(value) is not int or not smallest <= value <= largest:
        message = f"{path}: {name} is not a whole number from {smallest} to {largest}."
        raise SettingsError(message, hint=_CORRECT_VALUE)
    return value


def _folder(name: str, value: object, path: Path) -> Path | None:
    if not isinstance(value, str) or "\0" in value:
        message = f"{path}: {name} is not the path of a folder in quotes."
        raise SettingsError(message, hint=_CORRECT_VALUE)
    return path.parent / value if value else None
