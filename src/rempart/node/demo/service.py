"""The demonstration's last step: the node's service at work, answering over HTTP as it would a platform."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from rempart.client import Client, File
from rempart.node.demo.errors import DemoServiceError
from rempart.node.demo.manifest import Corpus, Group
from rempart.node.demo.run import DemoFolder
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.node import OpenNode

_SHOWN_PICTURES: Final = 8
_STOP_SECONDS: Final = 30
_COMMAND: Final = "from rempart.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Serving:
    """The service while it runs, with a key that may only match."""

    address: str
    key: str

    def scan(self, pictures: Sequence[Path]) -> list[Mapping[str, Any]]:
        """Post pictures to `/v1/scan`, as a platform's upload path would, and return the record of each."""
        with Client(self.address, self.key) as client:
            files = [File(picture, reference=picture.name) for picture in pictures]
            records: list[Mapping[str, Any]] = msgspec.to_builtins(client.scan(files).results)
            return records


@contextmanager
def serving(folder: DemoFolder, node: OpenNode) -> Iterator[Serving]:
    """Start `rempart serve` on a free port of this machine, and stop it in the end.

    Raises:
        DemoServiceError: it did not start; the message holds the last line that it said.
    """
    made = create_key(node, KeyRequest(roles=("match",), label="demonstration"))
    said = folder.path / "service.log"
    command = [sys.executable, "-c", _COMMAND, "--node", str(folder.node)]
    options = ["serve", "--port", "0", "--workers", "2", "--json"]
    with (
        said.open("wb") as log,
        subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=log) as process,  # noqa: S603 - our own command
    ):
        try:
            yield Serving(_address(process, said), made.text)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def pictures_to_post(corpus: Corpus) -> list[Path]:
    """Choose pictures to post: some edits of listed ones, and some that are on no list."""
    half = _SHOWN_PICTURES // 2
    chosen = []
    for group in (Group.EDIT, Group.UNRELATED):
        files = [file for file in corpus.files if file.group is group]
        chosen += files[:: max(1, len(files) // half)][:half]
    return [Path(os.fsdecode(corpus.full_path(file))) for file in chosen]


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Return where the service answers; it says so when every worker is ready."""
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        last = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        message = f"The service did not start: {last[-1][:300] if last else 'it said nothing'}"
        raise DemoServiceError(message, hint=f"See {said}, or try `rempart serve` yourself.")
    return str(json.loads(line)["addresses"][0])
