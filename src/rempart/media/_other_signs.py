"""The signs of pictures and containers that are not opened here: whoever meets one is told so.

Each is a magic number of its own, or has a second sign beside it: what is no such file must not be taken for one.
"""

import re
from typing import Final

_MEDIA: Final = (
    (rb"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (rb"IIR[OS]\x08\0\0\0|MMOR\0\0\0\x08", "image/x-olympus-orf"),
    (rb"IIU\0.\0\0\0", "image/x-panasonic-rw2"),
    (rb"II.\0\0\0HEAPCCDR", "image/x-canon-crw"),
    (rb"FOVb.\0", "image/x-sigma-x3f"),
    (rb"\0MRM\0", "image/x-minolta-mrw"),
    (rb"\xff\x4f\xff\x51\0", "image/j2c"),
    (rb"\.RMF\0\0\0", "application/vnd.rn-realmedia"),
)
_CONTAINERS: Final = (
    (rb"\x04\x22\x4d\x18", "application/x-lz4"),
    (rb"LZIP\x01", "application/x-lzip"),
    (rb"\x5d\0\0(?!\0\0).[\0-\x20](?:\xff{8}|.{5}\0{3})\0", "application/x-lzma"),
    (rb"\x1f\x9d[\x89-\x90]", "application/x-compress"),
    (rb"..-l(?:h[0-7d]|z[s45])-.{13}[\0-\3]", "application/x-lzh"),
    (rb"07070[12][0-9A-Fa-f]{104}|070707[0-7]{70}", "application/x-cpio"),
    (rb"xar!\0\x1c", "application/x-xar"),
    (rb"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),
    (rb"SIT!.{6}rLau|StuffIt \(c\)1997-", "application/x-stuffit"),
    (rb"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (rb"!BDN.{4}SM", "application/vnd.ms-outlook"),
    (rb"ANDROID BACKUP\n", "application/x-android-backup"),
    (rb"CMMM[\x14-\x20]\0\0\0", "application/x-windows-thumbcache"),
    (rb"MSWIM\0\0\0", "application/x-ms-wim"),
    (rb"[EL]VF\x09\r\n\xff\0|[EL][VE]F2\r\n\x81\0", "application/x-ewf"),
    (rb"KDMV[\x01-\x03]\0\0\0", "application/x-vmdk"),
    (rb"vhdxfile", "application/x-vhdx"),
    (rb"conectix\0\0\0[\0-\3]", "application/x-vhd"),
    (rb"QFI\xfb\0\0\0", "application/x-qcow"),
    (rb"hsqs.{24}\x04\0\0\0", "application/x-squashfs"),
)
_ALL: Final = (*_MEDIA, *_CONTAINERS)
_SIGNS: Final = re.compile(b"|".join(b"(" + sign + b")" for sign, _ in _ALL), re.DOTALL)
"""One group for each sign, and no other."""

OTHER_MEDIA: Final = frozenset(media_type for _, media_type in _MEDIA)
OTHER_CONTAINERS: Final = frozenset(media_type for _, media_type in _CONTAINERS)


def other_type(head: bytes) -> str | None:
    """Return the media type of what is recognised and not opened, by its sign at the start."""
    found = _SIGNS.match(head)
    return None if found is None or found.lastindex is None else _ALL[found.lastindex - 1][1]
