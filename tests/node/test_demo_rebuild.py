"""A corpus folder that is there already: reused when whole, made again when not, never taken from others."""

import errno
import json
import os
import shutil
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image

from rempart.node import demo
from rempart.node.demo import corpus as building
from rempart.node.demo import edits
from rempart.node.demo.unrelated import unrelated_pictures


class StoppedByHandError(Exception):
    """Stands for the operator's Ctrl-C."""


def ignore(_done: int, _all: int) -> None:
    """Show no progress."""


def stop_after_ten(done: int, _all: int) -> None:
    if done == 10:
        raise StoppedByHandError


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[demo.RealPicture, ...]:
    """One picture so small that a whole corpus of it takes a moment."""
    path = tmp_path / "small.png"
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(path)
    return (demo.RealPicture(name="small.png", path=path, package="none"),)


@pytest.fixture(autouse=True)
def _small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the many unrelated and the enlarged pictures out: these tests are not about them."""
    few = tuple(islice(unrelated_pictures(), 2))
    monkeypatch.setattr(building, "unrelated_pictures", lambda: few)
    monkeypatch.setattr(edits, "ENLARGEMENTS", ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "made" / "pictures"


def state(folder: Path) -> str:
    return str(json.loads((folder.parent / "corpus.json").read_bytes())["state"])


def test_whole_corpus_of_the_same_seed_is_reused(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    first = demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    calls: list[tuple[int, int]] = []

    again = demo.build_corpus(folder, pictures, seed=1, progress=lambda *call: calls.append(call))

    assert again == first
    assert calls == [(len(first.files), len(first.files))]


def test_half_built_corpus_is_recognised_and_made_again(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    with pytest.raises(StoppedByHandError):
        demo.build_corpus(folder, pictures, seed=1, progress=stop_after_ten)
    assert state(folder) == "building"

    corpus = demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert state(folder) == "complete"
    assert all(os.path.lexists(path.partition(b"!/")[0]) for path in corpus.by_path())


def test_corpus_stopped_before_its_first_file_is_made_again(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    folder.mkdir(parents=True)

    demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert state(folder) == "complete"


@pytest.mark.parametrize("damage", ["missing file", "shortened file", "torn manifest"])
def test_damaged_corpus_is_made_again(
    folder: Path, pictures: tuple[demo.RealPicture, ...], damage: str
) -> None:
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    copy = folder / "originals" / "small.png"
    if damage == "missing file":
        copy.unlink()
    elif damage == "shortened file":
        os.truncate(copy, 10)
    else:
        manifest = folder.parent / "corpus.json"
        fields = json.loads(manifest.read_bytes())
        fields["files"][0]["group"] = "no such group"
        manifest.write_text(json.dumps(fields), encoding="utf-8")

    corpus = demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert copy.read_bytes() == pictures[0].path.read_bytes()
    assert corpus.counts[demo.Group.REAL] == 1


def test_other_seed_makes_it_again_and_leaves_no_old_file(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    corpus = demo.build_corpus(folder, pictures, seed=2, progress=ignore)

    present = sum(1 for group in demo.Group for _ in (folder / group.value).iterdir())
    assert corpus.seed == 2
    assert present == len({file.path.partition(b"!/")[0] for file in corpus.files})


def test_making_it_again_follows_no_link_out_of_the_folder(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    outside = folder.parent / "outside"
    outside.mkdir(parents=True)
    (outside / "precious.txt").write_text("kept", encoding="utf-8")
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    (folder / "edits" / "link").symlink_to(outside)

    demo.build_corpus(folder, pictures, seed=2, progress=ignore)

    assert (outside / "precious.txt").read_text(encoding="utf-8") == "kept"
    assert pictures[0].path.exists()


def test_folder_with_other_things_is_refused_and_untouched(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    (folder / "originals").mkdir(parents=True)
    (folder / "originals" / "holiday.jpg").write_bytes(b"mine")

    with pytest.raises(demo.CorpusFolderError) as caught:
        demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert "does not exist yet" in caught.value.hint
    assert (folder / "originals" / "holiday.jpg").read_bytes() == b"mine"
    assert not (folder.parent / "corpus.json").exists()


def test_file_added_to_our_folder_by_hand_is_not_removed(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(demo.CorpusFolderError, match="did not put there"):
        demo.build_corpus(folder, pictures, seed=2, progress=ignore)

    assert (folder / "mine.txt").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "not JSON", '{"schema": "other/1"}', '{"schema": "rempart.demo-corpus/1"}']
)
def test_foreign_manifest_is_refused_and_untouched(
    folder: Path, pictures: tuple[demo.RealPicture, ...], text: str
) -> None:
    folder.parent.mkdir()
    (folder.parent / "corpus.json").write_text(text, encoding="utf-8")

    with pytest.raises(demo.CorpusFolderError):
        demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert (folder.parent / "corpus.json").read_text(encoding="utf-8") == text


def test_two_corpora_do_not_share_a_parent_folder(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    with pytest.raises(
        demo.CorpusFolderError, match="belongs to the corpus in the folder 'pictures'"
    ):
        demo.build_corpus(folder.with_name("others"), pictures, seed=1, progress=ignore)


def test_file_in_place_of_the_folder_is_refused(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    folder.parent.mkdir()
    folder.write_bytes(b"")

    with pytest.raises(demo.CorpusFolderError):
        demo.build_corpus(folder, pictures, seed=1, progress=ignore)


def test_full_disk_says_how_much_to_free_and_the_next_run_finishes(
    folder: Path, pictures: tuple[demo.RealPicture, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(demo.CorpusDiskFullError) as caught:
            demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert "MB" in caught.value.hint
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    assert state(folder) == "complete"


def test_hostile_kind_that_the_file_system_refuses_is_left_out_and_reported(
    folder: Path, pictures: tuple[demo.RealPicture, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "mkfifo", refused)
    calls: list[tuple[int, int]] = []

    corpus = demo.build_corpus(folder, pictures, seed=1, progress=lambda *call: calls.append(call))

    assert corpus.left_out == (("named-pipe", os.strerror(errno.EPERM)),)
    assert "named-pipe" not in {file.kind for file in corpus.files}
    assert calls[-1] == (len(corpus.files), len(corpus.files))
    calls.clear()
    again = demo.build_corpus(folder, pictures, seed=1, progress=lambda *call: calls.append(call))
    assert again == corpus
    assert len(calls) == 1


def test_picture_that_cannot_be_opened_is_named(tmp_path: Path, folder: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    pictures = (demo.RealPicture(name="broken.png", path=broken, package="some-package"),)

    with pytest.raises(demo.DemoMaterialMissingError, match="some-package"):
        demo.build_corpus(folder, pictures, seed=1, progress=ignore)


def test_no_picture_at_all_is_refused(folder: Path) -> None:
    with pytest.raises(demo.DemoMaterialMissingError):
        demo.build_corpus(folder, (), seed=1, progress=ignore)

    assert not folder.exists()


def test_corpus_that_was_removed_by_hand_is_made_again(
    folder: Path, pictures: tuple[demo.RealPicture, ...]
) -> None:
    demo.build_corpus(folder, pictures, seed=1, progress=ignore)
    shutil.rmtree(folder)

    demo.build_corpus(folder, pictures, seed=1, progress=ignore)

    assert state(folder) == "complete"
