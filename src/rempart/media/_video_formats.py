"""Which containers and codecs are opened: an allow-list, because FFmpeg knows hundreds of them.

FFmpeg is told which demuxer to use and never guesses: content cannot make it take a playlist, a script or a
device for a video. Each codec on the list is one that phones, cameras, web sites or the players of the last
25 years write; what is not on it is `unsupported-format`, and its decoder is never entered.
"""

from typing import Final

_ISO_MEDIA: Final = "mov"
_MPEG_PROGRAM: Final = "mpeg"
_MPEG_RAW: Final = "mpegvideo"
_RAW_SEQUENCE_HEADER: Final = b"\x00\x00\x01\xb3"

_DEMUXERS: Final = {
    "audio/mp4": _ISO_MEDIA,  # a brand that promises sound alone must not hide pictures
    "video/mp4": _ISO_MEDIA,
    "video/quicktime": _ISO_MEDIA,
    "video/3gpp": _ISO_MEDIA,
    "video/3gpp2": _ISO_MEDIA,
    "video/matroska": "matroska",
    "video/webm": "matroska",
    "video/vnd.avi": "avi",
    "video/mp2t": "mpegts",
    "video/mpeg": _MPEG_PROGRAM,
    "video/x-flv": "flv",
    "application/vnd.ms-asf": "asf",
    "application/ogg": "ogg",
}

PICTURE_CODECS: Final = frozenset(
    {
        # web sites, phones and cameras of today
        *("h264", "hevc", "vp8", "vp9", "libdav1d", "mjpeg", "prores", "dvvideo"),
        # discs, broadcast, camcorders
        *("mpeg1video", "mpeg2video"),
        # files of the years before: DivX and Xvid, Windows Media, Flash, the first phones
        *("mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1"),
        *("flv", "vp6", "vp6f", "h263", "h263i", "theora", "cinepak"),
    }
)
"""FFmpeg's names of the decoders that pictures go to."""

BROADCAST: Final = frozenset({"mpegts", _MPEG_PROGRAM, _MPEG_RAW})
"""Demuxers of streams that a recorder may join midway."""

OPEN_ENDED: Final = frozenset({"flv", "mpegts", _MPEG_PROGRAM, "ogg"})
"""Demuxers of files in which a stream may begin behind the header."""


def is_video(media_type: str) -> bool:
    """Tell whether `open_video` opens this media type; it may turn out to hold sound only."""
    return media_type in _DEMUXERS


def demuxer_for(media_type: str, head: bytes) -> str:
    """Return the name of the one demuxer for a media type that `is_video`.

    Args:
        media_type: what `sniff` said.
        head: the first four bytes: MPEG video comes with and without a container.
    """
    found = _DEMUXERS[media_type]
    is_raw = found == _MPEG_PROGRAM and head.startswith(_RAW_SEQUENCE_HEADER)
    return _MPEG_RAW if is_raw else found


def options(max_pixels: int) -> dict[str, str]:
    """Return FFmpeg's options: no other file, no protocol, no codec off the list, no picture over the limit.

    The limit is doubled here, because FFmpeg counts whole blocks of pixels; what is decoded is held against the
    limit itself.
    """
    return {
        "codec_whitelist": ",".join(sorted(PICTURE_CODECS)),
        "protocol_whitelist": "",
        "format_whitelist": ",".join(
            sorted({*_DEMUXERS.values(), _MPEG_RAW, "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
        ),
        "enable_drefs": "0",
        "use_absolute_path": "0",
        "max_pixels": str(2 * max_pixels + 65_536),
        "threads": "1",
    }
