"""Hostile and broken files: what a scan meets in the wild, made from benign material."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from rempart.node.demo import broken_bytes as make

_USUAL_MODE: Final = 0o644
_SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"><rect/></svg>\n'
)
_EPS: Final = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n%%EOF\n"
_HTML: Final = b"<!DOCTYPE html><html><body><p>Not found</p></body></html>\n"
_TEXT: Final = b"This is a line of text and no picture.\n" * 40


@dataclass(frozen=True, slots=True)
class Model:
    """The benign picture that hostile files are made from: where it lies, and its RGB pixels."""

    path: Path
    pixels: Image.Image


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link to be made."""

    target: bytes


@dataclass(frozen=True, slots=True)
class Pipe:
    """A named pipe to be made; nobody will ever write to it."""


Content = bytes | Link | Pipe


@dataclass(frozen=True, slots=True)
class HostileFile:
    """One hostile or broken file.

    Attributes:
        kind: name of the attack or defect; unique.
        name: bytes of the file's name; not always UTF-8.
        note: what is wrong with it, in a few words.
        content: what to put there.
        shows_model: whether it holds the model's pixels, whole or in part, so that a match is right.
        mode: permissions of a file.
    """

    kind: str
    name: bytes
    note: str
    content: Callable[[Model, np.random.Generator], Content]
    shows_model: bool = False
    mode: int = _USUAL_MODE


def write_hostile(folder: Path, file: HostileFile, content: Content) -> bytes:
    """Make one hostile file in a folder and return its path.

    Raises:
        OSError: the file system refuses such a file, or has no room.
    """
    path = os.path.join(os.fsencode(folder), file.name)  # noqa: PTH118 - the name may not be text
    if isinstance(content, Pipe):
        os.mkfifo(path)
    elif isinstance(content, Link):
        os.symlink(content.target, path)  # noqa: PTH211 - pathlib takes no path of bytes
    else:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
        with os.fdopen(descriptor, "wb") as sink:
            sink.write(content)
    return path


HOSTILE: Final = (
    HostileFile("empty", b"empty.jpg", "no byte in it", lambda _, __: b""),
    HostileFile(
        kind="half-jpeg",
        name=b"half.jpg",
        note="a JPEG cut in half",
        content=lambda model, _: make.half(make.jpeg(model.pixels)),
        shows_model=True,
    ),
    HostileFile(
        kind="half-png",
        name=b"half.png",
        note="a PNG cut in half",
        content=lambda model, _: make.half(make.png(model.pixels)),
        shows_model=True,
    ),
    HostileFile(
        kind="half-webp",
        name=b"half.webp",
        note="a WebP cut in half",
        content=lambda model, _: make.half(make.webp(model.pixels)),
        shows_model=True,
    ),
    HostileFile(
        kind="flipped-jpeg",
        name=b"flipped.jpg",
        note="a JPEG with bytes turned over",
        content=lambda model, generator: make.flipped(make.jpeg(model.pixels), generator),
        shows_model=True,
    ),
    HostileFile(
        kind="flipped-progressive-jpeg",
        name=b"flipped-progressive.jpg",
        note="a progressive JPEG with bytes turned over",
        content=lambda model, generator: make.flipped(
            make.jpeg(model.pixels, progressive=True), generator
        ),
        shows_model=True,
    ),
    HostileFile(
        kind="flipped-cmyk-jpeg",
        name=b"flipped-cmyk.jpg",
        note="a CMYK JPEG with bytes turned over",
        content=lambda model, generator: make.flipped(
            make.jpeg(model.pixels.convert("CMYK")), generator
        ),
        shows_model=True,
    ),
    HostileFile(
        kind="flipped-png",
        name=b"flipped.png",
        note="a PNG with bytes turned over",
        content=lambda model, generator: make.flipped(make.png(model.pixels), generator),
        shows_model=True,
    ),
    HostileFile(
        kind="wrong-checksum",
        name=b"wrong-checksum.png",
        note="a PNG whose pixels are whole but whose checksum is wrong",
        content=lambda model, _: make.png_with_wrong_checksum(model.pixels),
        shows_model=True,
    ),
    HostileFile(
        kind="rotten-png",
        name=b"rotten.png",
        note="a PNG with changed pixels: only its checksums show it",
        content=lambda model, _: make.rotten_png(model.pixels),
        shows_model=True,
    ),
    HostileFile(
        kind="png-bomb",
        name=b"bomb.png",
        note="400 million pixels in 50 kB",
        content=lambda _, __: make.png_bomb(),
    ),
    HostileFile(
        kind="boastful-jpeg",
        name=b"boastful.jpg",
        note="a JPEG that claims 65,500 x 65,500 pixels",
        content=lambda model, _: make.boastful_jpeg(model.pixels),
    ),
    HostileFile(
        kind="endless-png",
        name=b"endless.png",
        note="a PNG that claims 2,147,483,647 x 2,147,483,647 pixels",
        content=lambda _, __: make.endless_png(),
    ),
    HostileFile(
        kind="endless-tiff",
        name=b"endless.tiff",
        note="a TIFF whose page names itself as the next one",
        content=lambda model, _: make.endless_tiff(model.pixels),
        shows_model=True,
    ),
    HostileFile("text", b"text.jpg", "text named as a JPEG", lambda _, __: _TEXT),
    HostileFile("html", b"page.png", "HTML named as a PNG", lambda _, __: _HTML),
    HostileFile("svg", b"drawing.jpg", "SVG named as a JPEG", lambda _, __: _SVG),
    HostileFile("eps", b"print.jpg", "PostScript named as a JPEG", lambda _, __: _EPS),
    HostileFile(
        kind="large-text",
        name=b"large.txt",
        note="4 MB of text, named as what it is",
        content=lambda _, generator: make.large_text(generator),
    ),
    HostileFile(
        kind="wrong-suffix",
        name=b"png-inside.jpg",
        note="a whole PNG named as a JPEG: readable",
        content=lambda model, _: make.png(model.pixels),
        shows_model=True,
    ),
    HostileFile(
        kind="name-not-utf-8",
        name=b"not-utf-8-\xe9\xff.jpg",
        note="a whole JPEG whose name is not UTF-8: readable",
        content=lambda model, _: make.jpeg(model.pixels),
        shows_model=True,
    ),
    HostileFile(
        kind="name-with-control-characters",
        name=b"new\nline \x1b[31mred.jpg",
        note="a whole JPEG whose name would write to the terminal: readable",
        content=lambda model, _: make.jpeg(model.pixels),
        shows_model=True,
    ),
    HostileFile(
        "named-pipe", b"pipe.jpg", "a pipe: reading it waits for ever", lambda _, __: Pipe()
    ),
    HostileFile(
        kind="dangling-link",
        name=b"dangling.jpg",
        note="a link to nothing",
        content=lambda _, __: Link(b"nothing-here.jpg"),
    ),
    HostileFile(
        kind="link-out-of-tree",
        name=b"outside.png",
        note="a link to a known picture outside the folder: not to be followed",
        content=lambda model, _: Link(os.fsencode(model.path)),
    ),
    HostileFile(
        kind="link-to-parent",
        name=b"parent",
        note="a link to the folder above: a walk that follows it never ends",
        content=lambda _, __: Link(b".."),
    ),
    HostileFile(
        kind="no-permission",
        name=b"no-permission.jpg",
        note="nobody may read it; an administrator's account reads it all the same",
        content=lambda model, _: make.jpeg(model.pixels),
        shows_model=True,
        mode=0,
    ),
)
"""Every hostile or broken file of the corpus."""
