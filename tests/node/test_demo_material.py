"""The demonstration's material: found, made the same way each time, and safe to make again."""

import os
import stat
import sys
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from rempart.model.scan import Outcome
from rempart.node import demo, hash_files
from rempart.node.demo import pictures as finding
from rempart.node.demo.broken_bytes import flipped, jpeg, png_bomb, rotten_png
from rempart.node.demo.edits import EDITS, edits_of
from rempart.node.demo.hostile import HOSTILE
from rempart.node.demo.inside import count_inside
from rempart.node.demo.unrelated import unrelated_pictures

SEED = 7
UNRELATED = 53
_FORMATS = ("JPEG", "PNG", "WEBP")


def ignore(_done: int, _all: int) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def some_pictures() -> tuple[demo.RealPicture, ...]:
    names = {"astronaut.png", "camera.png", "china.jpg"}
    return tuple(each for each in demo.find_real_pictures() if each.name in names)


@pytest.fixture(scope="module")
def corpus(
    tmp_path_factory: pytest.TempPathFactory, some_pictures: tuple[demo.RealPicture, ...]
) -> demo.Corpus:
    folder = tmp_path_factory.mktemp("demo") / "pictures"
    return demo.build_corpus(folder, some_pictures, seed=SEED, progress=ignore)


def one_small_picture(folder: Path) -> tuple[demo.RealPicture, ...]:
    """Write a picture so small that a whole corpus of it takes a moment."""
    path = folder / "small.png"
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(path)
    return (demo.RealPicture(name="small.png", path=path, package="none"),)


class TestFinding:
    def test_at_least_25_real_pictures_are_found_and_every_one_opens(self) -> None:
        found = demo.find_real_pictures()

        assert len(found) >= 25
        assert {each.package for each in found} == {"scikit-image", "scikit-learn"}
        assert [each.name for each in found] == sorted({each.name for each in found})
        for each in found:
            with Image.open(each.path) as picture:
                assert min(picture.size) >= 100

    def test_the_packages_are_not_imported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in [
            name for name in sys.modules if name.split(".")[0] in {"skimage", "sklearn"}
        ]:
            monkeypatch.delitem(sys.modules, module)

        demo.find_real_pictures()

        assert not {"skimage", "sklearn"} & set(sys.modules)

    def test_missing_package_is_refused_with_the_next_step(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        absent = finding._Source("not-there", "rempart_has_no_such_module", "data", ("a.png",))
        monkeypatch.setattr(finding, "_SOURCES", (absent,))

        with pytest.raises(demo.DemoMaterialMissingError) as caught:
            demo.find_real_pictures()

        assert "not-there" in caught.value.message
        assert "requirements/lock.txt" in caught.value.hint
        assert caught.value.exit_code == 2

    def test_package_that_no_longer_ships_a_picture_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed = finding._Source("scikit-image", "skimage", "data", ("camera.png", "gone.png"))
        monkeypatch.setattr(finding, "_SOURCES", (changed,))

        with pytest.raises(demo.DemoMaterialMissingError, match=r"does not ship gone\.png"):
            demo.find_real_pictures()


class TestCorpus:
    def test_groups_are_counted_apart(self, corpus: demo.Corpus) -> None:
        edits = sum(1 for number in range(3) for _ in edits_of(number))

        assert corpus.counts == {
            demo.Group.REAL: 3,
            demo.Group.EDIT: edits,
            demo.Group.UNRELATED: UNRELATED,
            demo.Group.HOSTILE: len(HOSTILE) - len(corpus.left_out),
            demo.Group.INSIDE: count_inside(3),
        }

    def test_archives_and_clips_show_what_the_manifest_says(self, corpus: demo.Corpus) -> None:
        inside = [each for each in corpus.files if each.group is demo.Group.INSIDE]
        holders = [each for each in inside if b"!/" not in each.path]

        found = {
            file.path: file for file in hash_files([corpus.full_path(each) for each in holders])
        }

        assert set(found) == {corpus.full_path(each) for each in inside}
        assert {file.outcome for file in found.values()} == {Outcome.OK}
        for each in inside:
            if each.kind.startswith("in-"):
                original = (corpus.folder / "originals" / str(each.source)).read_bytes()
                digests = [one.value for one in found[corpus.full_path(each)].fingerprints]
                assert sha256(original).digest() in digests
            elif each.kind == "clip":
                assert found[corpus.full_path(each)].video is not None

    def test_whole_corpus_holds_500_to_700_files(self) -> None:
        real = len(demo.find_real_pictures())
        edits = sum(1 for number in range(real) for _ in edits_of(number))

        assert 500 <= real + edits + len(list(unrelated_pictures())) + len(HOSTILE) <= 700

    def test_every_edit_is_made_of_some_picture(self) -> None:
        made = {edit.kind for number in range(len(EDITS)) for edit in edits_of(number)}

        assert {edit.kind for edit in EDITS} <= made

    def test_manifest_names_every_file_in_the_folder_and_no_other(
        self, corpus: demo.Corpus
    ) -> None:
        present = {
            os.fsencode(path)
            for group in demo.Group
            for path in (corpus.folder / group.value).iterdir()
        }

        assert {path.partition(b"!/")[0] for path in corpus.by_path()} == present
        assert not (corpus.folder / "corpus.json").exists()

    def test_originals_are_copied_byte_for_byte(
        self, corpus: demo.Corpus, some_pictures: tuple[demo.RealPicture, ...]
    ) -> None:
        for picture in some_pictures:
            copy = corpus.folder / "originals" / picture.name
            assert copy.read_bytes() == picture.path.read_bytes()

    def test_edits_name_their_source_and_unrelated_pictures_name_none(
        self, corpus: demo.Corpus
    ) -> None:
        sources = {"astronaut.png", "camera.png", "china.jpg"}

        assert {each.source for each in corpus.files if each.group is demo.Group.EDIT} == sources
        unrelated = [each for each in corpus.files if each.group is demo.Group.UNRELATED]
        assert {each.source for each in unrelated} == {None}

    def test_every_edit_opens_and_none_is_larger_than_12_megapixels(
        self, corpus: demo.Corpus
    ) -> None:
        groups = {demo.Group.EDIT, demo.Group.UNRELATED}
        for file in corpus.files:
            if file.group in groups:
                with Image.open(os.fsdecode(corpus.full_path(file))) as picture:
                    assert picture.width * picture.height <= 12_000_000
                    if picture.width * picture.height < 1_000_000:
                        picture.load()

    def test_modes_that_peers_get_wrong_are_there(self, corpus: demo.Corpus) -> None:
        modes = set()
        for file in corpus.files:
            if file.group is demo.Group.EDIT:
                with Image.open(os.fsdecode(corpus.full_path(file))) as picture:
                    modes.add((picture.format, picture.mode))
                    if file.kind == "exif-orientation":
                        assert picture.getexif()[0x0112] == 6

        assert {
            ("JPEG", "CMYK"),
            ("JPEG", "L"),
            ("PNG", "P"),
            ("PNG", "RGBA"),
            ("PNG", "I;16"),
            ("GIF", "P"),
            ("WEBP", "RGB"),
            ("AVIF", "RGB"),
            ("TIFF", "RGB"),
            ("BMP", "RGB"),
        } <= modes

    def test_same_seed_gives_the_same_bytes_and_another_seed_other_ones(
        self, tmp_path: Path
    ) -> None:
        pictures = one_small_picture(tmp_path)
        folders = [tmp_path / place / "pictures" for place in ("a", "b", "c")]
        first, second, other = (
            demo.build_corpus(folder, pictures, seed=seed, progress=ignore)
            for folder, seed in zip(folders, (SEED, SEED, SEED + 1), strict=True)
        )

        assert first.files == second.files
        assert contents(first) == contents(second)
        changed = {
            path for path, content in contents(first).items() if contents(other)[path] != content
        }
        assert any(path.startswith(b"edits/small-png-noise") for path in changed)
        assert any(path.startswith(b"unrelated/clouds") for path in changed)
        assert b"originals/small.png" not in changed

    def test_progress_counts_up_to_all_files(self, tmp_path: Path) -> None:
        calls: list[tuple[int, int]] = []
        pictures = one_small_picture(tmp_path)

        corpus = demo.build_corpus(
            tmp_path / "pictures", pictures, seed=1, progress=lambda *call: calls.append(call)
        )

        total = len(corpus.files)
        assert calls == [(done, total) for done in range(1, total + 1)]


def contents(corpus: demo.Corpus) -> dict[bytes, bytes | None]:
    """Return the bytes of each regular file of a corpus, by its path below the folder."""
    return {
        file.path: _content(corpus.full_path(file)) if file.size_bytes is not None else None
        for file in corpus.files
        if file.kind != "no-permission"
    }


def _content(path: bytes) -> bytes:
    return Path(os.fsdecode(path)).read_bytes()


class TestHostileFiles:
    def test_every_kind_is_present_with_a_note(self, corpus: demo.Corpus) -> None:
        hostile = [each for each in corpus.files if each.group is demo.Group.HOSTILE]
        left_out = {kind for kind, _ in corpus.left_out}

        assert {each.kind for each in hostile} | left_out == {each.kind for each in HOSTILE}
        assert len(hostile) >= 12
        assert all(each.note for each in hostile)

    def test_each_is_what_its_kind_says(self, corpus: demo.Corpus) -> None:
        by_kind = {
            each.kind: Path(os.fsdecode(corpus.full_path(each)))
            for each in corpus.files
            if each.group is demo.Group.HOSTILE
        }

        assert by_kind["empty"].stat().st_size == 0
        assert stat.S_ISFIFO(by_kind["named-pipe"].lstat().st_mode)
        assert by_kind["dangling-link"].is_symlink()
        assert not by_kind["dangling-link"].exists()
        assert by_kind["link-out-of-tree"].resolve().is_file()
        assert not by_kind["link-out-of-tree"].resolve().is_relative_to(corpus.folder)
        assert by_kind["link-to-parent"].resolve() == corpus.folder.resolve()
        assert stat.S_IMODE(by_kind["no-permission"].lstat().st_mode) == 0
        assert "\n" in by_kind["name-with-control-characters"].name
        assert (
            os.fsencode(by_kind["name-not-utf-8"]).decode("utf-8", "replace").count("\ufffd") == 2
        )
        assert by_kind["wrong-suffix"].read_bytes().startswith(b"\x89PNG")

    def test_the_bomb_is_small_and_claims_400_million_pixels(self) -> None:
        content = png_bomb()

        assert len(content) < 100_000
        assert int.from_bytes(content[16:20]) * int.from_bytes(content[20:24]) == 400_000_000

    def test_flipped_bytes_keep_the_header_and_the_length(self) -> None:
        whole = jpeg(Image.new("RGB", (200, 200), (90, 10, 60)))

        damaged = flipped(whole, np.random.default_rng(SEED))

        assert len(damaged) == len(whole)
        assert damaged[: len(whole) // 4] == whole[: len(whole) // 4]
        assert sum(a != b for a, b in zip(whole, damaged, strict=True)) == 64

    def test_rotten_png_shows_the_damage_in_both_checksums_only(self) -> None:
        content = rotten_png(Image.new("RGB", (30, 30), (90, 10, 60)))
        start = content.index(b"IDAT")
        length = int.from_bytes(content[start - 4 : start])
        data = content[start + 4 : start + 4 + length]
        claimed = int.from_bytes(content[start + 4 + length : start + 8 + length])

        pixels = zlib.decompressobj(wbits=-15).decompress(data[2:])

        assert len(pixels) == 30 * (1 + 30 * 3)
        assert claimed != zlib.crc32(b"IDAT" + data)
        with pytest.raises(zlib.error, match="incorrect data check"):
            zlib.decompress(data)

    @pytest.mark.parametrize(
        "kind",
        [
            "half-jpeg",
            "half-png",
            "half-webp",
            "flipped-png",
            "rotten-png",
            "text",
            "eps",
        ],
    )
    def test_broken_pictures_do_not_decode(self, corpus: demo.Corpus, kind: str) -> None:
        (file,) = [each for each in corpus.files if each.kind == kind]

        path = os.fsdecode(corpus.full_path(file))

        with pytest.raises(OSError, match=r"."), Image.open(path, formats=_FORMATS) as picture:
            picture.load()

    @pytest.mark.parametrize(
        "kind", ["flipped-jpeg", "flipped-progressive-jpeg", "flipped-cmyk-jpeg"]
    )
    def test_flipped_jpeg_is_refused_by_a_decoder_that_heeds_warnings(
        self, corpus: demo.Corpus, kind: str
    ) -> None:
        (file,) = [each for each in corpus.files if each.kind == kind]

        with pytest.raises(ValueError, match=r"."):
            simplejpeg.decode_jpeg(_content(corpus.full_path(file)), "GRAY")
