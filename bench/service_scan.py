"""One picture of four megapixels: posted to /v1/scan, beside the scan's own pipeline on the same file, in turns.

Run by itself with a node and a file, this is the pipeline: for each line that it reads it opens the file, hashes it in
a sandboxed worker, matches it, and prints the seconds that took.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from pictures import write_jpegs
from service_running import Running, one_answer

_ROUNDS: Final = 60
_UNCOUNTED: Final = 5
_BOUNDARY: Final = "rempart-bench-boundary"
_GOOD: Final = 200


@dataclass(frozen=True, slots=True)
class ScanTimes:
    """Medians in seconds of the wall clock, of one file at a time."""

    service: float
    pipeline: float
    size_bytes: int


def measure_scan(running: Running, rempart: Path, node: Path, *, token: str) -> ScanTimes:
    """Scan one picture again and again, through the service and through the pipeline in turns."""
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        write_jpegs(Path(place, "pictures"), {4: 1})
        [picture] = Path(place, "pictures").iterdir()
        request = _form(picture.read_bytes(), token)
        service, pipeline = [], []
        with _pipeline(rempart, node, picture) as scan_once:
            for turn in range(_UNCOUNTED + _ROUNDS):
                begun = time.perf_counter()
                status, answer = one_answer(running.port, request)
                taken = time.perf_counter() - begun
                if status != _GOOD:
                    message = f"the scan was answered {status}: {answer[:200]!r}"
                    raise RuntimeError(message)
                alone = scan_once()
                if turn >= _UNCOUNTED:
                    service.append(taken)
                    pipeline.append(alone)
        size = picture.stat().st_size
    return ScanTimes(statistics.median(service), statistics.median(pipeline), size)


class _Pipeline:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self) -> float:
        """Have the file scanned once; return the seconds."""
        stdin, stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        stdin.write("again\n")
        stdin.flush()
        return float(stdout.readline())


@contextlib.contextmanager
def _pipeline(rempart: Path, node: Path, picture: Path) -> Iterator[_Pipeline]:
    process = subprocess.Popen(
        [rempart.with_name("python"), __file__, node, picture],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _Pipeline(process)
    finally:
        cast("IO[str]", process.stdin).close()
        process.wait(60)


def _form(content: bytes, token: str) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body = head + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    lines = (
        "POST /v1/scan HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n\r\n"
    )
    return lines.encode() + body


def _be_the_pipeline(node_path: Path, picture: Path) -> None:
    from rempart.node import NodeFolder, open_node  # noqa: PLC0415 - of the environment that is measured
    from rempart.node.index_upkeep import ready_index  # noqa: PLC0415 - the same
    from rempart.node.matching import matcher_for  # noqa: PLC0415 - the same
    from rempart.node.reading import FileReader  # noqa: PLC0415 - the same
    from rempart.node.scan_queries import EXACT, SCREEN, Review, query_of  # noqa: PLC0415 - the same
    from rempart.node.walk import Found  # noqa: PLC0415 - the same

    with open_node(NodeFolder(node_path)) as node:
        matcher = matcher_for(node, ready_index(node.folder, node.store))
        depth = SCREEN if matcher.can_screen else EXACT
        review = Review(matcher) if depth == SCREEN else None
        with FileReader(node.settings, depth=depth, workers=1, review=review) as reader:
            for _ in sys.stdin:
                begun = time.perf_counter()
                descriptor = os.open(picture, os.O_RDONLY)
                found = Found(
                    path=os.fsencode(picture),
                    position=(0, ()),
                    descriptor=descriptor,
                    size=os.fstat(descriptor).st_size,
                    problem=None,
                )
                matcher.match_many([query_of(next(reader.read(iter([found]))))])
                print(time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    _be_the_pipeline(Path(sys.argv[1]), Path(sys.argv[2]))
