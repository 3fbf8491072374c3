"""Real pictures: benign stills that installed Python packages ship with their documentation and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rempart.node.demo.errors import DemoMaterialMissingError


@dataclass(frozen=True, slots=True)
class RealPicture:
    """One benign picture as a package ships it.

    Attributes:
        name: the file's own name; unique among the pictures.
        path: where the installed package keeps it.
        package: name of the distribution that ships it.
    """

    name: str
    path: Path
    package: str


@dataclass(frozen=True, slots=True)
class _Source:
    """One package with its pictures; `module` is looked up, never imported."""

    distribution: str
    module: str
    folder: str
    names: tuple[str, ...]


# Left out on purpose: chessboard_RGB.png (the same picture as the grey one), multipage.tif (10 x 15
# pixels), multipage_rgb.tif (five channels) and no_time_for_that_tiny.gif (an animation of 14 x 25).
_SOURCES: Final = (
    _Source(
        distribution="scikit-image",
        module="skimage",
        folder="data",
        names=(
            "astronaut.png",
            "brick.png",
            "camera.png",
            "cell.png",
            "chelsea.png",
            "chessboard_GRAY.png",
            "clock_motion.png",
            "coffee.png",
            "coins.png",
            "color.png",
            "grass.png",
            "gravel.png",
            "horse.png",
            "hubble_deep_field.jpg",
            "ihc.png",
            "logo.png",
            "microaneurysms.png",
            "moon.png",
            "motorcycle_left.png",
            "motorcycle_right.png",
            "page.png",
            "phantom.png",
            "retina.jpg",
            "rocket.jpg",
            "text.png",
        ),
    ),
    _Source(
        distribution="scikit-learn",
        module="sklearn",
        folder="datasets/images",
        names=("china.jpg", "flower.jpg"),
    ),
)


def find_real_pictures() -> tuple[RealPicture, ...]:
    """Return the benign stills that scikit-image and scikit-learn ship, sorted by name.

    The packages are found, not imported: importing them would cost seconds and hundreds of megabytes.

    Raises:
        DemoMaterialMissingError: a package is not installed, or no longer ships one of the pictures.
    """
    folders = {source.module: _package_folder(source) for source in _SOURCES}
    pictures = [picture for source in _SOURCES for picture in _pictures_of(source, folders)]
    return tuple(sorted(pictures, key=lambda picture: picture.name))


def _package_folder(source: _Source) -> Path:
    spec = find_spec(source.module)
    if spec is None or spec.origin is None:
        message = (
            f"The demonstration takes its pictures from {source.distribution}, which is missing."
        )
        raise DemoMaterialMissingError(message, hint=next_step())
    return Path(spec.origin).parent


def _pictures_of(source: _Source, folders: Mapping[str, Path]) -> list[RealPicture]:
    folder = folders[source.module] / source.folder
    missing = [name for name in source.names if not (folder / name).is_file()]
    if missing:
        message = (
            f"The installed {source.distribution} does not ship {', '.join(missing)} in {folder}."
        )
        raise DemoMaterialMissingError(message, hint=next_step())
    return [
        RealPicture(name=name, path=folder / name, package=source.distribution)
        for name in source.names
    ]


def next_step() -> str:
    """Return the hint of every error about missing material."""
    return (
        "Install the locked packages into this environment: "
        "python -m pip install --require-hashes --only-binary :all: -r requirements/lock.txt"
    )
