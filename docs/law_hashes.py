# ruff: noqa: INP001 - a script beside its pages, no package
"""Pin each version of the law data to the hash of its facts, in `versions.toml`.

Run it when a new version is complete: `make law-hashes` fills in the hashes that are empty. A version that others
have is never changed: a hash that stands there is written anew with `--again` only, before the version is published.
With `--check` nothing is written, and it leaves with 1 if a hash is missing or is not that of the facts.
"""

import re
import sys
from pathlib import Path
from typing import Final

from rempart.law import LawShelf, open_law
from rempart.law.shipped import DATA_FOLDER

VERSIONS: Final = DATA_FOLDER / "versions.toml"
_HASH: Final = re.compile(r'^hash = "[0-9a-f]*"$', re.MULTILINE)


def stale(shelf: LawShelf) -> dict[str, str]:
    """Return the right hash of each version for which another one, or none, is written."""
    right = {each.id: shelf.library(each.id).hash for each in shelf.versions}
    return {each.id: right[each.id] for each in shelf.versions if each.hash != right[each.id]}


def pinned(text: str, hashes: list[str]) -> str:
    """Return the text of `versions.toml` with these hashes, in the order of its versions."""
    if len(_HASH.findall(text)) != len(hashes):
        message = 'every version needs one line: hash = ""'
        raise ValueError(message)
    following = iter(hashes)
    return _HASH.sub(lambda _: f'hash = "{next(following)}"', text)


def main(arguments: list[str], path: Path = VERSIONS) -> int:
    """Fill in empty hashes; tell of others, or with `--again` write them too."""
    shelf = open_law()
    wrong = stale(shelf)
    wanted = []
    is_refused = False
    for version in shelf.versions:
        may_write = not version.hash or "--again" in arguments
        if version.id in wrong and ("--check" in arguments or not may_write):
            is_refused = True
            sys.stderr.write(f"{version.id}: its facts have the hash {wrong[version.id]}.\n")
        wanted.append(wrong.get(version.id, version.hash) if may_write else version.hash)
    if "--check" not in arguments:
        path.write_text(pinned(path.read_text(encoding="utf-8"), wanted), encoding="utf-8")
    if is_refused:
        sys.stderr.write(
            "Run `make law-hashes`; for a version not published yet: `AGAIN=--again`.\n"
        )
    return 1 if is_refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
