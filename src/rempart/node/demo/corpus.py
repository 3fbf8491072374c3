"""The demonstration's corpus: a folder of originals, edits, unrelated pictures, hostile files, archives and clips."""

import errno
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from rempart.node.demo import manifest
from rempart.node.demo.edits import edits_of, open_rgb
from rempart.node.demo.errors import (
    CorpusDiskFullError,
    CorpusFolderError,
    DemoMaterialMissingError,
)
from rempart.node.demo.hostile import HOSTILE, HostileFile, Model, write_hostile
from rempart.node.demo.inside import PICTURES_INSIDE, Holder, count_inside, holders
from rempart.node.demo.manifest import MEMBER_MARK, Corpus, CorpusFile, Group
from rempart.node.demo.pictures import RealPicture, next_step
from rempart.node.demo.unrelated import unrelated_pictures

Progress = Callable[[int, int], None]

_NEEDED_MB: Final = 150
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_REFUSED_BY_FILE_SYSTEM: Final = (
    errno.EPERM,
    errno.ENOTSUP,
    errno.EILSEQ,
    errno.EINVAL,
    errno.ENOSYS,
)
_BEST_MODEL: Final = "astronaut.png"


def build_corpus(
    folder: Path, pictures: Sequence[RealPicture], *, seed: int, progress: Progress
) -> Corpus:
    """Make the corpus in `folder`, or return the one that is already there, whole and of the same seed.

    The manifest `corpus.json` beside the folder says `building` from the first file on and `complete` after
    the last one: what an interrupted run left is recognised by it, removed and made anew. The same
    pictures and seed give the same files with the same version of Pillow.

    Args:
        folder: what to fill; absent, empty, or a corpus of an earlier run.
        pictures: the real pictures, as `find_real_pictures` returns them; at least one.
        seed: of edits, textures and damage.
        progress: called with the number of files made and the number of all.

    Raises:
        CorpusFolderError: the folder holds something else, or cannot be written.
        CorpusDiskFullError: the disk has no room left.
        DemoMaterialMissingError: no picture was given, or one cannot be opened.
    """
    if not pictures:
        message = "The corpus needs at least one real picture."
        raise DemoMaterialMissingError(message, hint="Pass what find_real_pictures returns.")
    names = tuple(picture.name for picture in pictures)
    with _clear_errors(folder):
        fields = manifest.read_manifest(folder)
        if fields is not None:
            finished = manifest.complete_corpus(fields, folder, seed=seed, pictures=names)
            if finished is not None:
                progress(len(finished.files), len(finished.files))
                return finished
        _make_empty(folder, is_ours=fields is not None)
        folder.mkdir(parents=True, exist_ok=True)
        manifest.write_started(folder, seed=seed)
        builder = _Builder(folder=folder, seed=seed, progress=progress, total=_count(len(pictures)))
        corpus = builder.build(pictures)
        manifest.write_complete(corpus, pictures=names)
    return corpus


@dataclass(slots=True)
class _Builder:
    """Makes the files one after the other and keeps account of them."""

    folder: Path
    seed: int
    progress: Progress
    total: int
    files: list[CorpusFile] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def build(self, pictures: Sequence[RealPicture]) -> Corpus:
        for group in Group:
            (self.folder / group.value).mkdir()
        for number, picture in enumerate(pictures):
            self._add_real(number, picture)
        for number, unrelated in enumerate(unrelated_pictures()):
            name = f"{unrelated.kind}-{number:02}{unrelated.suffix}"
            content = unrelated.make(self._generator(f"unrelated/{name}"))
            self._write(Group.UNRELATED, name, content, kind=unrelated.kind, source=None)
        model = _choose_model(pictures)
        shown = Model(path=model.path.absolute(), pixels=_open(model)[1])
        for file in HOSTILE:
            self._add_hostile(file, shown, model.name)
        held = [(each.name, *_open(each)) for each in pictures[:PICTURES_INSIDE]]
        for holder in holders(held):
            self._add_holder(holder)
        return Corpus(self.folder, self.seed, tuple(self.files), tuple(self.left_out))

    def _add_real(self, number: int, picture: RealPicture) -> None:
        """Copy one picture's bytes and make its edits."""
        original, pixels = _open(picture)
        self._write(Group.REAL, picture.name, original, kind="original", source=picture.name)
        stem = picture.name.replace(".", "-")
        for edit in edits_of(number):
            content = edit.make(pixels, self._generator(f"{picture.name}/{edit.kind}"))
            name = f"{stem}-{edit.kind}{edit.suffix}"
            self._write(Group.EDIT, name, content, kind=edit.kind, source=picture.name)

    def _add_hostile(self, file: HostileFile, model: Model, model_name: str) -> None:
        content = file.content(model, self._generator(f"hostile/{file.kind}"))
        try:
            path = write_hostile(self.folder / Group.HOSTILE.value, file, content)
        except OSError as error:
            if error.errno not in _REFUSED_BY_FILE_SYSTEM:
                raise
            self.left_out.append((file.kind, os.strerror(error.errno)))
            self.total -= 1
            return
        self._account(
            CorpusFile(
                path=path[len(os.fsencode(self.folder)) + 1 :],
                group=Group.HOSTILE,
                kind=file.kind,
                source=model_name if file.shows_model else None,
                size_bytes=len(content) if isinstance(content, bytes) else None,
                note=file.note,
            )
        )

    def _add_holder(self, holder: Holder) -> None:
        """Write an archive or a clip, and account for the members that a scan will find in it."""
        self._write(
            Group.INSIDE, holder.name, holder.content, kind=holder.kind, source=holder.source
        )
        place = f"{Group.INSIDE.value}/{holder.name}".encode() + MEMBER_MARK
        for member, source in holder.members:
            path = place + member.encode()
            self._account(CorpusFile(path, Group.INSIDE, f"in-{holder.kind}", source, None))

    def _write(
        self, group: Group, name: str, content: bytes, *, kind: str, source: str | None
    ) -> None:
        (self.folder / group.value / name).write_bytes(content)
        path = f"{group.value}/{name}".encode()
        self._account(CorpusFile(path, group, kind, source, len(content)))

    def _account(self, file: CorpusFile) -> None:
        self.files.append(file)
        self.progress(len(self.files), self.total)

    def _generator(self, subject: str) -> np.random.Generator:
        """Return the generator of one file: its bytes do not hang on which other files are made."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode())])


def _open(picture: RealPicture) -> tuple[bytes, Image.Image]:
    """Return the bytes and the pixels of a real picture."""
    try:
        return picture.path.read_bytes(), open_rgb(picture.path)
    except OSError as error:
        message = f"The picture {picture.path} of {picture.package} cannot be opened: {error}."
        raise DemoMaterialMissingError(message, hint=next_step()) from error


def _choose_model(pictures: Sequence[RealPicture]) -> RealPicture:
    """Return the picture that the hostile files are made from."""
    return next((each for each in pictures if each.name == _BEST_MODEL), pictures[0])


def _count(pictures: int) -> int:
    """Return how many files a corpus of so many pictures holds."""
    edits = sum(1 for number in range(pictures) for _ in edits_of(number))
    fixed = sum(1 for _ in unrelated_pictures()) + len(HOSTILE)
    return pictures + edits + fixed + count_inside(pictures)


def _make_empty(folder: Path, *, is_ours: bool) -> None:
    """Remove an earlier corpus; refuse to touch anything else."""
    if not folder.exists():
        return
    ours = {group.value for group in Group} if is_ours else set()
    foreign = sorted(each.name for each in folder.iterdir() if each.name not in ours)
    if foreign:
        message = f"{folder} holds {len(foreign)} things that this demonstration did not put there."
        raise CorpusFolderError(message, hint="Choose a folder that does not exist yet.")
    for name in ours:
        if (folder / name).exists():
            shutil.rmtree(folder / name)


@contextmanager
def _clear_errors(folder: Path) -> Iterator[None]:
    """Say what to do about a full disk and a folder that cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            message = f"The disk of {folder} has no room left for the corpus."
            hint = f"Free about {_NEEDED_MB} MB or choose another folder, then run it again."
            raise CorpusDiskFullError(message, hint=hint) from error
        message = f"The corpus cannot be written to {folder}: {error.strerror or error}."
        hint = "Choose a folder that you may write, then run it again."
        raise CorpusFolderError(message, hint=hint) from error
