"""Stamps: a note beside files that all of their content was checked, good for as long as nobody touches them.

It names each file of a folder with its inode, size and times of change. A file that was copied, restored, replaced or
written to has others, and is checked whole again. The device is left out: its number may change when a machine starts.

A stamp is no seal. Whoever may write the folder can forge one, and could as well forge the files with right sums; what
must hold so that no search reads outside a file is checked with and without a stamp. A disk that alters what it keeps
leaves the stamp as it is: who trusts stamps looks through the files once more, when there is time.
"""

import json
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from rempart.match._durable import new_file

_STAMP: Final = "checked.json"
_FORMAT: Final = "rempart.checked/1"
_LIMIT_BYTES: Final = 16_384


def write_stamp(folder: Path) -> None:
    """Note that the files of a folder, as they are now, were checked whole.

    Raises:
        OSError: it could not be written.
    """
    text = json.dumps({"format": _FORMAT, "files": _identities(folder)})
    with new_file(folder / _STAMP) as file:
        file.write(text.encode())


def has_stamp(folder: Path) -> bool:
    """Tell whether the files of a folder were checked whole and nobody touched them since."""
    try:
        with (folder / _STAMP).open("rb") as file:
            stamp = json.loads(file.read(_LIMIT_BYTES))
        return bool(stamp == {"format": _FORMAT, "files": _identities(folder)})
    except (OSError, ValueError, RecursionError):
        return False


def remove_stamp(folder: Path) -> None:
    """Let the files of a folder be checked whole by whoever opens them next."""
    with suppress(FileNotFoundError):
        (folder / _STAMP).unlink()


def _identities(folder: Path) -> dict[str, Any]:  # JSON: lists of numbers by name
    found = {}
    for path in folder.iterdir():
        if path.name.startswith((_STAMP, f".{_STAMP}.")):
            continue
        state = path.lstat()
        if stat.S_ISREG(state.st_mode):
            found[path.name] = [state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns]
    return found
