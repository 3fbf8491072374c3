"""Fuzz context.toml: whatever the bytes, there is a case, or a ContextRefusedError that names every mistake.

Run: `python tests/fuzz/fuzz_law_context.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

from rempart.decide.context import context_record, read_context
from rempart.decide.errors import ContextRefusedError

_TODAY = date(2026, 11, 22)
_WHOLE = (
    'kind = "platform"\nestablished = "FR"\nconduct = "possession"\ndate = 2026-06-01\n'
    '[roles]\nhost = "DE"\nuploader = ["US", "US-CA"]\nchild = []\n'
)
SEEDS = (
    _WHOLE,
    _WHOLE.replace('"platform"', "['platform']").replace('"FR"', "{ a = 1 }"),
    _WHOLE.replace("2026-06-01", "2026-06-01T00:00:00").replace('"DE"', "[[1], {}, 'ZZ']"),
    _WHOLE.replace("2026-06-01", '"2026-W01-1"').replace('"possession"', "1e400"),
    f'"a\\u001b" = {"[" * 50}{"]" * 50}\nroles = 5\n',
    "kind = " + "9" * 5000,
)


def fuzz_one(data: bytes) -> None:
    """Read these bytes as a case; let everything but our own refusal escape."""
    try:
        context = read_context("context.toml", data, today=_TODAY)
    except ContextRefusedError as refused:
        text = refused.message.replace("\n", "")
        if not refused.mistakes or not text.isprintable():
            raise AssertionError(refused.mistakes) from refused
    else:
        if context_record(context)["date"] != context.on.isoformat():
            raise AssertionError(context)


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            Path(folder, str(number)).write_text(seed, encoding="utf-8")
        atheris.Setup([*sys.argv, folder], atheris.instrument_func(fuzz_one))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
