"""The pictures of a PDF as files: JPEG and JPEG 2000 as they are, all else wrapped (ISO 32000-1, section 8.9)."""

from typing import Any, Final, NoReturn

from rempart.media.archives import _picture_wrapping as wrapping
from rempart.media.archives import _problems
from rempart.media.archives._pdf_file import PdfFile
from rempart.media.archives._pdf_objects import PdfStream
from rempart.media.archives._pdf_syntax import Dictionary, Reference
from rempart.media.archives._picture_wrapping import Bitmap
from rempart.media.archives._reading import PIECE_BYTES, Reading
from rempart.media.errors import ContainerError

_AS_THEY_ARE: Final = frozenset({b"DCTDecode", b"DCT", b"JPXDecode"})
_DEFLATE: Final = frozenset({b"FlateDecode", b"Fl"})
_PACKINGS: Final = {
    b"FlateDecode": wrapping.DEFLATE,
    b"Fl": wrapping.DEFLATE,
    b"LZWDecode": wrapping.LZW,
    b"LZW": wrapping.LZW,
    b"RunLengthDecode": wrapping.PACKBITS,
    b"RL": wrapping.PACKBITS,
}
_FAX: Final = frozenset({b"CCITTFaxDecode", b"CCF"})
_MEANINGS: Final = {
    b"DeviceGray": wrapping.GREY,
    b"CalGray": wrapping.GREY,
    b"G": wrapping.GREY,
    b"DeviceRGB": wrapping.RGB,
    b"CalRGB": wrapping.RGB,
    b"RGB": wrapping.RGB,
    b"DeviceCMYK": wrapping.INK,
    b"CMYK": wrapping.INK,
}
_BY_COUNT: Final = {1: wrapping.GREY, 3: wrapping.RGB, 4: wrapping.INK}
_INKS: Final = [b"Cyan", b"Magenta", b"Yellow", b"Black"]
_BITS: Final = frozenset({1, 2, 4, 8, 16})
_JPEG: Final = b"\xff\xd8\xff"
_LARGEST_JUNK: Final = 1024
_LARGEST_SIDE: Final = 1 << 30
_PNG_PREDICTORS: Final = 10
_LARGEST_LENGTH: Final = 1 << 32
_USUAL_COLUMNS: Final = 1728
_LARGEST_TABLE: Final = 4 * 256


class _FromItsSign:
    """A JPEG without what some programs write before it, such as the end of a line: readers of PDF pass it over."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._head: bytes | None = None

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end."""
        if self._head is None:
            self._head = self._begun()
        found, self._head = self._head[:size], self._head[size:]
        return found or self._reading.read(size)

    def _begun(self) -> bytes:
        head = b""
        while len(head) < _LARGEST_JUNK and (piece := self._reading.read(_LARGEST_JUNK)):
            head += piece
            if head.startswith(_JPEG):
                return head
        return head[max(head.find(_JPEG), 0) :]


def picture_of(file: PdfFile, stream: PdfStream) -> Reading:
    """Return the bytes of a picture file.

    Raises:
        ContainerError: the picture is of a kind that is not read, or makes no sense.
    """
    filters = file.filters(stream)
    name, settings = filters[-1] if filters else (b"", {})
    if name in _AS_THEY_ARE:
        reading = file.unpacked(stream, filters[:-1])
        return reading if name == b"JPXDecode" else _FromItsSign(reading)
    if name in _FAX:
        return _fax(file, stream, settings)
    if name == b"JBIG2Decode":
        _refuse("it is packed as JBIG2")
    bitmap = _bitmap(file, stream)
    predictor = settings.get(b"Predictor", 1)
    if name in _DEFLATE and isinstance(predictor, int) and predictor >= _PNG_PREDICTORS:
        return _as_png(file, stream, bitmap, settings)
    if name == b"LZWDecode" and (settings.get(b"EarlyChange", 1) != 1 or predictor not in {1, 2}):
        _refuse("its LZW is of an unusual kind")
    packing = _PACKINGS.get(name, wrapping.UNPACKED)
    outer = filters if packing == wrapping.UNPACKED else filters[:-1]
    length = _length(file, stream, outer)
    return wrapping.tiff(
        bitmap,
        file.unpacked(stream, outer),
        length=length,
        packing=packing,
        predictor=2 if predictor == 2 else 1,  # noqa: PLR2004 - the predictor of TIFF
    )


def _as_png(file: PdfFile, stream: PdfStream, bitmap: Bitmap, settings: Dictionary) -> Reading:
    """Wrap pixels that are packed as PNG packs them, if their rows are those of the picture."""
    rows = (settings.get(b"Columns", 1), settings.get(b"Colors", 1))
    bits = settings.get(b"BitsPerComponent", 8)
    if bitmap.meaning == wrapping.INK or (*rows, bits) != (
        bitmap.width,
        bitmap.samples,
        bitmap.bits,
    ):
        _refuse("its rows are packed in an unusual way")
    filters = file.filters(stream)
    return wrapping.png(bitmap, file.unpacked(stream, filters[:-1]))


def _fax(file: PdfFile, stream: PdfStream, settings: Dictionary) -> Reading:
    """Wrap a fax (ISO 32000-1, section 7.4.6)."""
    if settings.get(b"EncodedByteAlign") is True:
        _refuse("its fax rows begin at bytes")
    width = _side(settings.get(b"Columns", _USUAL_COLUMNS))
    height = _side(file.resolve(_named(stream.dictionary, b"Height", b"H")))
    is_black_one = settings.get(b"BlackIs1") is True
    is_turned = _decode_of(file, stream)[:1] == [1]
    meaning = wrapping.GREY if is_black_one != is_turned else wrapping.WHITE_IS_ZERO
    bitmap = Bitmap(width=width, height=height, bits=1, meaning=meaning)
    k = settings.get(b"K", 0)
    if not isinstance(k, int):
        raise _damaged()
    outer = file.filters(stream)[:-1]
    return wrapping.tiff(
        bitmap,
        file.unpacked(stream, outer),
        length=_length(file, stream, outer),
        packing=wrapping.FAX_4 if k < 0 else wrapping.FAX_3,
        options=int(k > 0),
    )


def _bitmap(file: PdfFile, stream: PdfStream) -> Bitmap:
    dictionary = stream.dictionary
    width = _side(file.resolve(_named(dictionary, b"Width", b"W")))
    height = _side(file.resolve(_named(dictionary, b"Height", b"H")))
    is_mask = file.resolve(_named(dictionary, b"ImageMask", b"IM")) is True
    bits = 1 if is_mask else file.resolve(_named(dictionary, b"BitsPerComponent", b"BPC"))
    if not isinstance(bits, int) or bits not in _BITS:
        raise _damaged()
    space = b"DeviceGray" if is_mask else file.shallow(_named(dictionary, b"ColorSpace", b"CS"))
    meaning, palette = _colours(file, space)
    decode = _decode_of(file, stream)
    is_turned = decode[:2] == [1, 0]
    if is_turned and meaning in {wrapping.GREY, wrapping.WHITE_IS_ZERO}:
        meaning = wrapping.GREY + wrapping.WHITE_IS_ZERO - meaning
    elif is_turned:
        _refuse("its colours are turned round")
    if meaning == wrapping.PALETTE and bits > 8:  # noqa: PLR2004 - numbers of colours have at most a byte
        raise _damaged()
    return Bitmap(width=width, height=height, bits=bits, meaning=meaning, palette=palette)


def _colours(file: PdfFile, space: Any) -> tuple[int, bytes]:  # whatever stands there
    """Return what samples mean in a colour space, and the palette if it has one.

    Raises:
        ContainerError: the space is of another kind.
    """
    parts = space if isinstance(space, list) else [space]
    if len(parts) > 3 and file.shallow(parts[0]) in (b"Indexed", b"I"):  # noqa: PLR2004 - base, highest number, colours
        return wrapping.PALETTE, _palette(file, file.shallow(parts[1]), parts[3])
    return _meaning(file, parts), b""


def _meaning(file: PdfFile, parts: list[Any]) -> int:  # whatever stands there
    """Return what the samples of a colour space without palette mean."""
    name, detail = (file.resolve(each) for each in (*parts, None, None)[:2])
    found: int | None = None
    if name == b"ICCBased" and isinstance(detail, dict):
        count = detail.get(b"N")
        found = _BY_COUNT.get(count) if isinstance(count, int) else None
    elif name == b"Separation" or (
        name == b"DeviceN" and isinstance(detail, list) and len(detail) == 1
    ):
        found = wrapping.WHITE_IS_ZERO
    elif name == b"DeviceN":
        found = wrapping.INK if detail == _INKS else None
    elif isinstance(name, bytes):
        found = _MEANINGS.get(name)
    if found is None:
        _refuse("its colours are of an unusual kind")
    return found


def _palette(file: PdfFile, base: Any, colours: Any) -> bytes:  # whatever stands there
    """Return red, green and blue of each colour of a table."""
    meaning = _meaning(file, base if isinstance(base, list) else [base])
    if isinstance(colours, Reference) and (stream := file.index.stream_of(colours.number)):
        reading = file.unpacked(stream)
        table = b"".join(iter(lambda: reading.read(_LARGEST_TABLE), b""))[:_LARGEST_TABLE]
    else:
        table = file.shallow(colours)
        if file.is_encrypted or not isinstance(table, bytes):
            _refuse("its table of colours is not read")
    if meaning == wrapping.GREY:
        return bytes(each for each in table for _ in range(3))
    if meaning == wrapping.INK:
        quads = zip(*(table[at::4] for at in range(4)), strict=False)
        return bytes((255 - ink) * (255 - black) // 255 for *inks, black in quads for ink in inks)
    if meaning != wrapping.RGB:
        _refuse("its table of colours is of an unusual kind")
    return bytes(table)


def _length(file: PdfFile, stream: PdfStream, outer: list[tuple[bytes, Dictionary]]) -> int:
    """Return how many packed bytes there are; they are counted where the file does not say."""
    if outer or file.is_encrypted or stream.is_torn:
        reading = file.unpacked(stream, outer)
        length = sum(len(piece) for piece in iter(lambda: reading.read(PIECE_BYTES), b""))
    else:
        length = stream.end - stream.start
    if length >= _LARGEST_LENGTH:
        _refuse("it is too long")
    return length


def _named(dictionary: Dictionary, name: bytes, short: bytes) -> Any:  # whatever stands there
    return dictionary.get(name, dictionary.get(short))


def _decode_of(file: PdfFile, stream: PdfStream) -> list[Any]:  # numbers, if the file is right
    found = file.resolve(_named(stream.dictionary, b"Decode", b"D"))
    return found if isinstance(found, list) else []


def _side(value: Any) -> int:  # a number, if the file is right
    if not isinstance(value, int) or not 0 < value < _LARGEST_SIDE:
        raise _damaged()
    return value


def _damaged() -> ContainerError:
    reason = "what is said about its pixels contradicts itself"
    return _problems.error_of(_problems.corrupt("embedded picture", reason))


def _refuse(reason: str) -> NoReturn:
    raise _problems.error_of(_problems.unsupported_pixels(reason))
