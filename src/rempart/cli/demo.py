"""`rempart demo`: the main job on benign pictures, end to end."""

from pathlib import Path

import click

_SMALLEST_LIST = 200


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where the demonstration keeps its pictures, its node and its results.",
)
@click.option(
    "--entries",
    type=click.IntRange(_SMALLEST_LIST, 100_000_000),
    default=1_000_000,
    show_default=True,
    help="Entries of the exercise list.",
)
def demo(*, folder: Path, entries: int) -> None:
    """Run the main job on benign pictures: make a node, import a list, scan a folder, explain matches.

    All pictures are benign, all fingerprints of the list are synthetic or those of these pictures, and the
    node is an exercise node. Real pictures are few: most files are crops and edits of them, counted apart.
    """
    # What makes the pictures, and the client of HTTP, would cost every other command a fifth of its start.
    from rempart.cli.demo_steps import run_demo  # noqa: PLC0415

    run_demo(folder.absolute(), entries)
