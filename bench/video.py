"""Race the first look at videos, and vPDQ's frames, against vpdq and against PyAV with pdqhash.

`vpdq` ships source only and needs the headers of FFmpeg, so it is raced where it is installed by hand, and reported
as not installed elsewhere; PyAV decoding every frame, with pdqhash for one a second, does the same work and gives
the same frames. CPU time of the whole process, contenders taking turns, the best of N rounds. Clips: H.264, 1280 x
720, 25 frames a second, drawn from benign pictures of scikit-image: a camera moves over them, with noise like that of
a sensor, another picture every five seconds, seed fixed.

Then decisions: whether screening leads to the same answers as decoding everything, on short clips and changed copies.
"""

import argparse
import functools
import importlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

import av
import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from rempart.fingerprint import VideoPrint, hash_video, screen_video
from rempart.match import VideoQuery
from rempart.media import VideoLimits

PICTURES = (
    "astronaut.png",
    "coffee.png",
    "motorcycle_left.png",
    "chelsea.png",
    "rocket.jpg",
    "hubble_deep_field.jpg",
    "ihc.png",
    "retina.jpg",
)
RATE = 25
SCENE_SECONDS = 5
NOISE = 3.0
NEAR = 31
MARGIN = 20
ENOUGH_PERCENT = 80
LIMITS = VideoLimits()
NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class Route:
    """One way from a file to hashes of frames; `package` is the distribution that it needs."""

    name: str
    package: str
    run: Callable[[Path], list[bytes]]


def _screened(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        found = screen_video(file, media_type="video/mp4", limits=LIMITS)
    return [frame.value for frame in found.frames]


def _each_second(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        found = hash_video(file, media_type="video/mp4", limits=LIMITS)
    return [frame.value for frame in found.frames]


def _vpdq(path: Path) -> list[bytes]:
    found = importlib.import_module("vpdq").computeHash(str(path), thread_count=1)
    return [bytes.fromhex(str(each.hex)) for each in found]


def _pyav_and_pdqhash(path: Path) -> list[bytes]:
    pdqhash = importlib.import_module("pdqhash")
    hashes = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        step = max(1, int(stream.average_rate or RATE))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                bits, _ = pdqhash.compute(frame.to_ndarray(format="rgb24"))
                hashes.append(np.packbits(bits).tobytes())
    return hashes


def _decode_only(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0):
            pass
    return []


ROUTES = (
    Route("rempart, keyframes", "rempart", _screened),
    Route("rempart, each second", "rempart", _each_second),
    Route("vpdq", "vpdq", _vpdq),
    Route("PyAV + pdqhash", "pdqhash", _pyav_and_pdqhash),
    Route("limit: decode all", "rempart", _decode_only),
)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


@functools.cache
def _scenes(size: tuple[int, int]) -> list[Image.Image]:
    """Return the pictures, somewhat larger than a frame: there is room to move."""
    data = Path(skimage.__file__).parent / "data"
    width, height = size
    scenes = []
    for name in PICTURES:
        with Image.open(data / name) as image:
            scenes.append(image.convert("RGB").resize((width * 5 // 4, height * 5 // 4)))
    return scenes


@functools.cache
def _noises(size: tuple[int, int]) -> list[NDArray[np.int16]]:
    generator = np.random.default_rng(5)
    shape = (size[1], size[0], 3)
    return [np.rint(generator.normal(0.0, NOISE, shape)).astype(np.int16) for _ in range(7)]


def draw(seconds: float, size: tuple[int, int], first_scene: int) -> NDArray[np.uint8]:
    """Return what a clip shows at a moment."""
    width, height = size
    scenes, noises = _scenes(size), _noises(size)
    scene = scenes[(first_scene + int(seconds // SCENE_SECONDS)) % len(scenes)]
    along = (seconds % SCENE_SECONDS) / SCENE_SECONDS
    left, top = round(along * width / 4), round(along * height / 8)
    window = np.asarray(scene.crop((left, top, left + width, top + height)), np.int16)
    noise = noises[round(seconds * 1000) % len(noises)]
    shown: NDArray[np.uint8] = np.clip(window + noise, 0, 255).astype(np.uint8)
    return shown


TURNS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "mirrored": lambda shown: shown[:, ::-1],
    "by 90 degrees": lambda shown: np.rot90(shown, -1),
    "by 180 degrees": lambda shown: np.rot90(shown, 2),
}


@dataclass(frozen=True)
class Making:
    """How a clip is made."""

    seconds: float
    size: tuple[int, int]
    keyframe_seconds: float
    rate: int = RATE
    quality: int = 23
    first_scene: int = 0
    starts_at: float = 0.0
    turn: str | None = None

    def draw(self, number: int) -> NDArray[np.uint8]:
        """Return what a frame shows."""
        shown = draw(self.starts_at + number / self.rate, self.size, self.first_scene)
        return shown if self.turn is None else np.ascontiguousarray(TURNS[self.turn](shown))


def make_clip(path: Path, making: Making) -> None:
    """Write an H.264 clip with a keyframe at a fixed distance, none at changes of scene."""
    between = max(1, round(making.keyframe_seconds * making.rate))
    x264 = f"keyint={between}:min-keyint={between}:scenecut=0"
    options = {"preset": "veryfast", "crf": str(making.quality), "x264-params": x264}
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=making.rate, options=options)
        stream.height, stream.width = making.draw(0).shape[:2]
        stream.pix_fmt = "yuv420p"
        for number in range(round(making.seconds * making.rate)):
            picture = av.VideoFrame.from_ndarray(making.draw(number))
            picture.pts, picture.time_base = number, Fraction(1, making.rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def race(path: Path, routes: list[Route], rounds: int) -> dict[str, float]:
    """Return CPU milliseconds for each route: the best round, contenders taking turns."""
    best = dict.fromkeys((route.name for route in routes), float("inf"))
    for _ in range(rounds):
        for route in routes:
            started = time.process_time()
            route.run(path)
            best[route.name] = min(best[route.name], (time.process_time() - started) * 1000)
    return best


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def check(path: Path, routes: list[Route]) -> str:
    """Stop when the routes to one frame a second disagree; return how far vpdq's own frames are off."""
    names = {route.name: route.run for route in routes}
    own = names["rempart, each second"](path)
    if own != names["PyAV + pdqhash"](path):
        sys.exit("the frames of one clip differ")
    if "vpdq" not in names:
        return NOT_INSTALLED
    theirs = names["vpdq"](path)
    if len(theirs) != len(own):
        sys.exit("vpdq takes other frames")
    return f"{max(map(distance, own, theirs))} bits"


def print_race(seconds: int, rounds: int) -> None:
    installed = [route for route in ROUTES if _version(route.package) != NOT_INSTALLED]
    peer = "vpdq" if _version("vpdq") != NOT_INSTALLED else "PyAV + pdqhash"
    print(
        f"CPU ms for one clip of {seconds} s (times real time; ratio to {peer}). vpdq: {_version('vpdq')}.\n"
    )
    print(
        f"| keyframe every | file | {' | '.join(route.name for route in ROUTES)} | vpdq is off by |"
    )
    print("|---|---" + "|---" * (len(ROUTES) + 1) + "|")
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        for keyframe_seconds in (2, 5):
            path = Path(folder, f"{keyframe_seconds}.mp4")
            make_clip(path, Making(seconds, (1280, 720), keyframe_seconds))
            off = check(path, installed)
            spent = race(path, installed, rounds)
            cells = [
                f"{spent[route.name]:.0f} ({seconds * 1000 / spent[route.name]:.0f}x; "
                f"{spent[peer] / spent[route.name]:.1f}x)"
                if route.name in spent
                else NOT_INSTALLED
                for route in ROUTES
            ]
            size = f"{path.stat().st_size / 1e6:.1f} MB"
            print(f"| {keyframe_seconds} s | {size} | {' | '.join(cells)} | {off} |", flush=True)


COPIES: dict[str, dict[str, Any]] = {
    "the same": {},
    "compressed more": {"quality": 36},
    "half the size": {"size": (160, 90)},
    "15 frames a second": {"rate": 15},
    "keyframe every 5 s": {"keyframe_seconds": 5.0},
    "keyframe every 10 s": {"keyframe_seconds": 10.0},
    "second half, begun between": {"seconds": 6.0, "starts_at": 6.3},
    **{f"turned: {turn}": {"turn": turn} for turn in TURNS},
}


@dataclass(frozen=True)
class Look:
    """Both looks at one clip: values of used frames in eight orientations (8 by frames by 32), upright first."""

    keyframes: NDArray[np.uint8]
    is_sparse: bool
    each_second: NDArray[np.uint8]


def look_at(making: Making, folder: Path) -> Look:
    path = folder / "clip.mp4"
    make_clip(path, making)
    data = io.BytesIO(path.read_bytes())
    first = screen_video(data, media_type="video/mp4", limits=LIMITS)
    whole = hash_video(data, media_type="video/mp4", limits=LIMITS)
    return Look(_searched(first), first.is_sparse, _searched(whole))


def _searched(found: VideoPrint) -> NDArray[np.uint8]:
    return VideoQuery(found.frames, turned=found.turned).searched()


def near(query: NDArray[np.uint8], known: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    """Tell for each pair of values whether it lies near."""
    bits = np.unpackbits(query[:, None] ^ known[None], axis=2).sum(axis=2)
    return np.asarray(bits <= radius)


def is_match(query: NDArray[np.uint8], known: NDArray[np.uint8]) -> bool:
    """Apply the rules 80/0 and 0/80 to each orientation of the query by itself."""
    for one in query:
        pairs = near(one, known, NEAR)
        of_query, of_known = pairs.any(axis=1).sum(), pairs.any(axis=0).sum()
        if of_query and (
            100 * of_query >= ENOUGH_PERCENT * len(one)
            or 100 * of_known >= ENOUGH_PERCENT * len(known)
        ):
            return True
    return False


def is_asked_for(look: Look, known: NDArray[np.uint8]) -> bool:
    """Tell whether the first look asks for a whole decoding."""
    values = look.keyframes.reshape(-1, known.shape[1])
    return look.is_sparse or bool(near(values, known, NEAR + MARGIN).any())


def originals() -> Iterator[Making]:
    return (Making(10, (320, 180), 2, first_scene=number) for number in range(0, len(PICTURES), 2))


def print_decisions() -> None:
    print(
        "\nDecisions on clips of 10 s and their copies, each against the list of every original.\n"
    )
    print(
        "| query | pairs | matches at one frame a second | of them screened | missed by the screen "
        "| decoded whole without need |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as name:
        folder = Path(name)
        known = [look_at(making, folder).each_second[0] for making in originals()]
        for title, changes in COPIES.items():
            queries = [
                look_at(Making(**{**vars_of(making), **changes}), folder) for making in originals()
            ]
            pairs = [(query, frames) for query in queries for frames in known]
            matches = [is_match(query.each_second, frames) for query, frames in pairs]
            asked = [is_asked_for(query, frames) for query, frames in pairs]
            found = sum(a and m for a, m in zip(asked, matches, strict=True))
            spare = sum(a and not m for a, m in zip(asked, matches, strict=True))
            row = (title, len(pairs), sum(matches), found, sum(matches) - found, spare)
            print(f"| {' | '.join(map(str, row))} |", flush=True)


def vars_of(making: Making) -> dict[str, Any]:
    return {name: getattr(making, name) for name in Making.__dataclass_fields__}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print_race(arguments.seconds, arguments.rounds)
    print_decisions()


if __name__ == "__main__":
    main()
