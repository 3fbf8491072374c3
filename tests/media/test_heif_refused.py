"""HEIF pictures that are refused: those that are over a limit, contradict themselves or are of another kind."""

import dataclasses

import numpy as np
import pytest
from tests.media.sample_heif import (
    PLAIN,
    Layout,
    Part,
    box,
    colours,
    cut,
    full_box,
    grid,
    heif,
    mirrored,
    number,
    picture,
    rotated,
    size_of,
)
from tests.media.test_heif import NOISE, kind_of, shown

from rempart.media import PictureError
from rempart.model.scan import ProblemKind

MEDIA_FIRST = Layout(media_first=True)
"""Then its bytes stay where they are when the table grows."""


def inserted(data: bytes, at: int, more: bytes, *around: bytes) -> bytes:
    """Return a file with bytes inserted, the boxes around them lengthened."""
    changed = bytearray(data)
    for kind in around:
        start = data.index(kind) - 4
        size = int.from_bytes(data[start : start + 4], "big") + len(more)
        changed[start : start + 4] = number(size, 4)
    changed[at:at] = more
    return bytes(changed)


class TestRefused:
    def test_a_picture_over_the_limit(self) -> None:
        data = heif(picture(NOISE))
        assert kind_of(data, max_pixels=64 * 96 - 1) is ProblemKind.TOO_MANY_PIXELS
        assert shown(data, max_pixels=64 * 96).is_whole

    def test_a_large_picture_behind_a_small_cut(self) -> None:
        data = heif(picture(NOISE, cut(1, 1)))
        assert kind_of(data, max_pixels=100) is ProblemKind.TOO_MANY_PIXELS

    @pytest.mark.parametrize("size", [(95, 64), (96, 63), (80, 40), (97, 64)])
    def test_a_size_that_is_not_that_of_the_coded_picture(self, size: tuple[int, int]) -> None:
        part = picture(NOISE)
        part.properties[0] = size_of(*size)
        assert kind_of(heif(part)) is ProblemKind.CORRUPT

    def test_tiles_that_are_larger_than_they_say(self) -> None:
        tiles = [picture(NOISE), picture(NOISE)]
        for each in tiles:
            each.properties[0] = size_of(64, 64)
        assert kind_of(heif(grid(1, 2, 128, 64), *tiles)) is ProblemKind.CORRUPT

    def test_a_grid_of_two_sizes(self) -> None:
        tiles = grid(1, 1, 96, 64)
        tiles.properties[0] = size_of(90, 64)
        assert kind_of(heif(tiles, picture(NOISE))) is ProblemKind.CORRUPT

    def test_tiles_that_have_far_more_bytes_than_the_file(self) -> None:
        many = dataclasses.replace(grid(200, 200, 19_200, 12_800), parts=[2] * 40_000)
        assert kind_of(heif(many, picture(NOISE)), max_pixels=10**9) is ProblemKind.CORRUPT

    def test_a_small_size_for_a_large_picture(self) -> None:
        large = np.random.default_rng(3).integers(0, 256, (512, 512), dtype=np.uint8)
        part = picture(large)
        part.properties[0] = size_of(8, 8)
        assert kind_of(heif(part)) is ProblemKind.CORRUPT

    def test_a_large_size_for_a_small_picture(self) -> None:
        part = picture(NOISE)
        part.properties[0] = size_of(200, 200)
        assert kind_of(heif(part)) is ProblemKind.CORRUPT

    @pytest.mark.parametrize(
        "part",
        [
            Part(b"iovl", b"\0" * 12, [size_of(96, 64)]),
            Part(b"av01", b"\0" * 12, [size_of(96, 64)]),
            Part(b"iden", b"", [size_of(96, 64)], [1]),
            grid(1, 1, 96, 64),
        ],
    )
    def test_kinds_of_pictures_that_are_not_read(self, part: Part) -> None:
        inner = dataclasses.replace(picture(NOISE), kind=b"jpeg")
        assert kind_of(heif(part, inner)) is ProblemKind.UNSUPPORTED_PIXELS

    def test_a_kind_that_a_terminal_would_obey_is_shown_as_numbers(self) -> None:
        with pytest.raises(PictureError, match="kind 0x1b5b324a") as caught:
            shown(heif(Part(b"\x1b[2J", b"", [size_of(96, 64)])))
        assert caught.value.kind is ProblemKind.UNSUPPORTED_PIXELS

    @pytest.mark.parametrize(
        "part",
        [
            grid(1, 2, 96, 64),
            grid(2, 1, 96, 64),
            grid(1, 1, 97, 64),
            grid(1, 1, 0, 64),
            grid(1, 1, 96, 65),
            dataclasses.replace(grid(1, 1, 96, 64), content=b"\0\0\0"),
            dataclasses.replace(grid(1, 1, 96, 64), parts=[9]),
            dataclasses.replace(grid(1, 1, 96, 64), parts=[]),
            dataclasses.replace(picture(NOISE), properties=[size_of(96, 64)]),
            dataclasses.replace(picture(NOISE), properties=picture(NOISE).properties[1:]),
            dataclasses.replace(picture(NOISE), content=b"\0\0\0\1\x26"),
            dataclasses.replace(picture(NOISE), content=b"x" * 100),
            picture(NOISE, cut(97, 64)),
            picture(NOISE, cut(0, 64)),
            picture(NOISE, cut(96, 64, right=4)),
            picture(NOISE, cut(40, 20, right=-62)),
            picture(NOISE, cut(40, 20, down=-50)),
            picture(NOISE, cut(40, 20, down=-(2**31))),
            picture(NOISE, box(b"clap", bytes(32))),
            picture(NOISE, box(b"clap", bytes(7))),
            picture(NOISE, box(b"irot")),
        ],
    )
    def test_what_contradicts_itself(self, part: Part) -> None:
        assert kind_of(heif(part, picture(NOISE))) is ProblemKind.CORRUPT

    def test_tiles_of_two_sizes(self) -> None:
        data = heif(grid(1, 2, 192, 64), picture(NOISE), picture(NOISE.T.copy()))
        assert kind_of(data) is ProblemKind.CORRUPT

    def test_colours_that_disagree(self) -> None:
        one, other = colours(1, is_full=True), colours(6, is_full=True)
        assert kind_of(heif(picture(NOISE, one, other))) is ProblemKind.CORRUPT
        both = heif(grid(1, 1, 96, 64, one), picture(NOISE, other))
        assert kind_of(both) is ProblemKind.CORRUPT
        assert shown(heif(grid(1, 1, 96, 64, one), picture(NOISE, one, one))).is_whole

    @pytest.mark.parametrize("turn", [rotated(2), mirrored(0), cut(90, 60)])
    def test_tiles_that_are_turned_one_by_one(self, turn: bytes) -> None:
        data = heif(grid(1, 2, 192, 64), picture(NOISE), picture(NOISE, turn))
        assert kind_of(data) is ProblemKind.UNSUPPORTED_PIXELS

    def test_a_picture_that_is_not_there(self) -> None:
        assert kind_of(heif(picture(NOISE), primary=7)) is ProblemKind.CORRUPT

    def test_a_picture_without_a_pixel(self) -> None:
        part = picture(NOISE)
        part.properties[0] = size_of(0, 64)
        assert kind_of(heif(part)) is ProblemKind.CORRUPT

    @pytest.mark.parametrize("layout", [PLAIN, MEDIA_FIRST])
    def test_a_film_beside_the_picture_is_told(self, layout: Layout) -> None:
        found = shown(heif(picture(NOISE), layout=layout) + box(b"moov", bytes(100)))
        assert (found.array[..., 0] == NOISE).all()
        assert found.is_whole
        assert found.problem is not None
        assert found.problem.kind is ProblemKind.UNSUPPORTED_FORMAT

    def test_a_film_without_a_still_picture(self) -> None:
        data = box(b"ftyp", b"hevc", bytes(4), b"hevc") + box(b"moov", bytes(100))
        assert kind_of(data) is ProblemKind.UNSUPPORTED_PIXELS

    def test_a_file_without_a_table(self) -> None:
        data = box(b"ftyp", b"heic", bytes(4), b"mif1") + box(b"mdat", bytes(100))
        assert kind_of(data) is ProblemKind.TRUNCATED
        assert kind_of(data + number(3, 4) + bytes(12)) is ProblemKind.CORRUPT

    def test_bytes_in_another_file(self) -> None:
        data = heif(picture(NOISE), layout=Layout(places=0))
        at = data.index(b"iloc")
        elsewhere = bytearray(data)
        elsewhere[at + 12 : at + 16] = number(1) + number(1)
        assert kind_of(bytes(elsewhere)) is ProblemKind.UNSUPPORTED_PIXELS

    @pytest.mark.parametrize("pieces", [2000, 65_535])
    def test_one_piece_of_the_file_many_times(self, pieces: int) -> None:
        data = bytearray(heif(picture(NOISE)))
        at = data.index(b"iloc")
        start, end = at - 4, at - 4 + int.from_bytes(data[at - 4 : at], "big")
        many = full_box(
            b"iloc",
            1,
            number(0x4400) + number(1),
            number(1) + number(0) + number(0) + number(pieces),
            (number(100, 4) + number(4000, 4)) * pieces,
        )
        data[start:end] = many
        table = data.index(b"meta") - 4
        size = int.from_bytes(data[table : table + 4], "big") + len(many) - (end - start)
        data[table : table + 4] = number(size, 4)
        assert kind_of(bytes(data)) is ProblemKind.CORRUPT

    def test_pieces_without_a_byte_each(self) -> None:
        places = full_box(
            b"iloc", 0, number(0), number(3), (number(1) + number(0) + number(65_535)) * 3
        )
        table = full_box(b"meta", 0, full_box(b"pitm", 0, number(1)), places)
        assert kind_of(box(b"ftyp", b"heic", bytes(4)) + table) is ProblemKind.CORRUPT

    def test_more_items_than_a_camera_writes(self) -> None:
        kinds = [
            full_box(b"infe", 3, number(each, 4), number(0), b"hvc1") for each in range(100_001)
        ]
        table = full_box(b"meta", 0, full_box(b"iinf", 1, number(100_001, 4), *kinds))
        assert kind_of(box(b"ftyp", b"heic", bytes(4)) + table) is ProblemKind.CORRUPT

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            (b"pitm", full_box(b"pitm", 0, number(1))),
            (b"iloc", full_box(b"iloc", 1, number(0x4400), number(0))),
            (b"iprp", box(b"iprp", box(b"ipco", box(b"irot", b"\1")))),
            (b"iinf", full_box(b"iinf", 0, number(0))),
            (b"iref", full_box(b"iref", 0, box(b"dimg", number(9), number(0)))),
        ],
    )
    @pytest.mark.parametrize("is_first", [True, False])
    def test_a_table_that_says_something_twice(
        self, kind: bytes, more: bytes, *, is_first: bool
    ) -> None:
        data = heif(grid(1, 1, 96, 64), picture(NOISE), layout=MEDIA_FIRST)
        at = data.index(kind) - 4
        if not is_first:
            at += int.from_bytes(data[at : at + 4], "big")
        assert kind_of(inserted(data, at, more, b"meta")) is ProblemKind.CORRUPT

    def test_properties_that_are_said_twice(self) -> None:
        data = heif(picture(NOISE, rotated(1), mirrored(1)), layout=MEDIA_FIRST)
        at = data.index(b"ipma") - 4
        end = at + int.from_bytes(data[at : at + 4], "big")
        again = full_box(b"ipma", 0, number(1, 4), number(1), bytes([1, 4]))
        assert kind_of(inserted(data, end, again, b"meta", b"iprp")) is ProblemKind.CORRUPT
        more = box(b"ipco", rotated(1))
        assert kind_of(inserted(data, at, more, b"meta", b"iprp")) is ProblemKind.CORRUPT

    def test_an_item_of_two_kinds(self) -> None:
        data = heif(picture(NOISE), layout=MEDIA_FIRST)
        at = data.index(b"infe") - 4
        again = full_box(b"infe", 2, number(1), number(0), b"iden", b"\0")
        assert kind_of(inserted(data, at, again, b"meta", b"iinf")) is ProblemKind.CORRUPT

    def test_an_item_in_two_places(self) -> None:
        data = heif(picture(NOISE), layout=MEDIA_FIRST)
        at = data.index(b"iloc") + 12
        again = number(1) + number(0) + number(0) + number(0)
        twice = bytearray(inserted(data, at, again, b"meta", b"iloc"))
        twice[at - 2 : at] = number(2)
        assert kind_of(bytes(twice)) is ProblemKind.CORRUPT

    def test_tiles_in_two_orders(self) -> None:
        data = heif(grid(1, 2, 192, 64), picture(NOISE), picture(NOISE[::-1]), layout=MEDIA_FIRST)
        at = data.index(b"dimg") - 4
        again = box(b"dimg", number(1), number(2), number(3), number(2))
        assert kind_of(inserted(data, at, again, b"meta", b"iref")) is ProblemKind.CORRUPT

    def test_a_second_table(self) -> None:
        data = heif(picture(NOISE), layout=MEDIA_FIRST)
        table = data[data.index(b"meta") - 4 :]
        assert kind_of(data + table) is ProblemKind.CORRUPT

    def test_a_picture_that_is_made_of_itself(self) -> None:
        again = Part(b"iden", b"", [size_of(96, 64)], [1])
        assert kind_of(heif(again)) is ProblemKind.UNSUPPORTED_PIXELS
