"""The folder of a saved index: written under another name, renamed when it is whole, with a manifest of what it is."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from rempart.match._durable import sync_folder
from rempart.match.errors import SnapshotDamagedError, SnapshotOutdatedError

_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "rempart.index/3"
_ANY_FORMAT: Final = re.compile(r"rempart\.index/[0-9]{1,4}")
_LIMIT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a saved index is.

    Attributes:
        change_number: the change of the store up to which it goes.
        has_cpp512_alone: whether some entry in it can be matched in PDQ dialect `cpp512` only.
    """

    change_number: int
    has_cpp512_alone: bool

    def write(self, folder: Path) -> None:
        """Write it into a folder, and force it to the disk."""
        text = json.dumps(
            {
                "format": _FORMAT,
                "change_number": self.change_number,
                "has_cpp512_alone": self.has_cpp512_alone,
            }
        )
        with (folder / _MANIFEST).open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the one of a folder.

        Raises:
            SnapshotDamagedError: there is none, or it is none of this format.
        """
        path = folder / _MANIFEST
        try:
            with path.open("rb") as file:
                manifest = json.loads(file.read(_LIMIT_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise SnapshotDamagedError(path, "it cannot be read") from error
        found = manifest.get("format") if isinstance(manifest, dict) else None
        if isinstance(found, str) and found != _FORMAT and _ANY_FORMAT.fullmatch(found):
            raise SnapshotOutdatedError(path, "another version of Rempart wrote it")
        if not isinstance(manifest, dict) or found != _FORMAT:
            raise SnapshotDamagedError(path, "it names another format")
        change_number, alone = manifest.get("change_number"), manifest.get("has_cpp512_alone")
        if type(change_number) is not int or change_number < 0:
            raise SnapshotDamagedError(path, "its change number is not one")
        if type(alone) is not bool:
            raise SnapshotDamagedError(path, "it does not say what it has to")
        return cls(change_number, alone)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its name when the block ends: complete or not at all."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        sync_folder(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folder(folder.parent)
