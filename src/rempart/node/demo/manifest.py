"""The corpus' manifest: which file was made from which picture, kept beside the folder as `corpus.json`."""

import base64
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from rempart.model.records import path_fields
from rempart.node.demo.errors import CorpusFolderError

SCHEMA: Final = "rempart.demo-corpus/1"
MEMBER_MARK: Final = b"!/"
"""What stands between an archive and its member in a record's path."""


class Group(StrEnum):
    """What a file of the corpus is; its value is the name of the sub-folder."""

    REAL = "originals"
    EDIT = "edits"
    UNRELATED = "unrelated"
    HOSTILE = "hostile"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file of the corpus.

    Attributes:
        path: bytes of the path below the corpus' folder; of a member of an archive as records write it.
        group: original, edit, unrelated, hostile, or inside of another file.
        kind: which edit, texture, attack or holder; `original` of an original.
        source: name of the real picture whose pixels it shows; absent where it shows none, so that a match
            with anything would be wrong.
        size_bytes: of a regular file; absent of links and pipes.
        note: what is wrong with a hostile file; empty of all others.
    """

    path: bytes
    group: Group
    kind: str
    source: str | None
    size_bytes: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A finished corpus.

    Attributes:
        folder: the folder to scan.
        seed: what the edits and textures were made from.
        files: every file, in the order in which it was made.
        left_out: hostile kinds that this file system refused, with its reason.
    """

    folder: Path
    seed: int
    files: tuple[CorpusFile, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def counts(self) -> Mapping[Group, int]:
        """Number of files of each group."""
        return Counter(file.group for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all regular files together."""
        return sum(file.size_bytes or 0 for file in self.files)

    def full_path(self, file: CorpusFile) -> bytes:
        """Return the path of a file, as a walk of `folder` finds it."""
        return os.fsencode(self.folder) + b"/" + file.path

    def by_path(self) -> dict[bytes, CorpusFile]:
        """Return the files by their path, as a walk of `folder` finds them."""
        return {self.full_path(file): file for file in self.files}


def manifest_path(folder: Path) -> Path:
    """Return where the manifest of a corpus lies: beside its folder, so that no scan meets it."""
    return folder.parent / "corpus.json"


def write_started(folder: Path, *, seed: int) -> None:
    """Write the manifest of a corpus that is being built: only a later `write_complete` makes it valid."""
    _replace(manifest_path(folder), {**_head(folder, seed), "state": "building"})


def write_complete(corpus: Corpus, *, pictures: tuple[str, ...]) -> None:
    """Write the manifest of a finished corpus, in place of the one that said it was being built."""
    fields = {
        **_head(corpus.folder, corpus.seed),
        "state": "complete",
        "pictures": list(pictures),
        "counts": {group.value: corpus.counts[group] for group in Group},
        "left_out": [list(each) for each in corpus.left_out],
        "files": [_file_fields(file) for file in corpus.files],
    }
    _replace(manifest_path(corpus.folder), fields)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest beside a folder, or None where there is none.

    The values are as in the file, hence untyped; only `schema` and `folder` are checked here.

    Raises:
        CorpusFolderError: the file is not a corpus' manifest, or that of another folder.
    """
    path = manifest_path(folder)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        fields = json.loads(content)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        message = f"{path} was not written by this demonstration."
        raise CorpusFolderError(message, hint="Choose another folder, or move that file away.")
    if fields.get("folder") != folder.name:
        message = f"{path} belongs to the corpus in the folder {fields.get('folder')!r}."
        raise CorpusFolderError(message, hint="Give each corpus a parent folder of its own.")
    return fields


def complete_corpus(
    fields: Mapping[str, Any], folder: Path, *, seed: int, pictures: tuple[str, ...]
) -> Corpus | None:
    """Return the corpus that a manifest describes, or None where it is half-built, other or damaged."""
    wanted = {"state": "complete", "seed": seed, "pictures": list(pictures)}
    if any(fields.get(key) != value for key, value in wanted.items()):
        return None
    try:
        files = tuple(_file_from(each) for each in fields["files"])
        left_out = tuple((str(kind), str(reason)) for kind, reason in fields["left_out"])
    except (KeyError, TypeError, ValueError):
        return None
    corpus = Corpus(folder=folder, seed=seed, files=files, left_out=left_out)
    return corpus if all(_is_unchanged(corpus, file) for file in files) else None


def _head(folder: Path, seed: int) -> dict[str, object]:
    return {"schema": SCHEMA, "folder": folder.name, "seed": seed}


def _replace(path: Path, fields: Mapping[str, object]) -> None:
    """Write whole or not at all: a reader sees the old manifest or the new one."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def _file_fields(file: CorpusFile) -> dict[str, object]:
    return {
        **path_fields(file.path),
        "group": file.group.value,
        "kind": file.kind,
        "source": file.source,
        "size": file.size_bytes,
        "note": file.note,
    }


def _file_from(fields: Mapping[str, Any]) -> CorpusFile:
    encoded = fields.get("path_b64")
    return CorpusFile(
        path=fields["path"].encode() if encoded is None else base64.b64decode(encoded),
        group=Group(fields["group"]),
        kind=fields["kind"],
        source=fields["source"],
        size_bytes=fields["size"],
        note=fields["note"],
    )


def _is_unchanged(corpus: Corpus, file: CorpusFile) -> bool:
    holder = corpus.full_path(file).partition(MEMBER_MARK)[0]
    try:
        found = os.lstat(holder)
    except OSError:
        return False
    return file.size_bytes is None or found.st_size == file.size_bytes
