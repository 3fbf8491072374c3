"""Where a URL ends in a text that was written for people or programs: quotes, brackets, punctuation, entities."""

import re
from collections.abc import Iterator
from typing import Final

_ENTITY_OF_AMPERSAND: Final = re.compile(r"&(?:amp|#38|#x26);", re.IGNORECASE)
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}
_BRACKETS: Final = re.compile(r"[()\[\]{}]")
_TRAILING: Final = ".,;:!?'*"
_END: Final = re.compile(
    r"[\x00-\x20\x7f-\x9f\"<>`\s]"  # no URL holds these
    r"|\\(?!/)"  # an escape of a program's text; that of a slash goes on
    r"|&(?:quot|apos|lt|gt|nbsp|#0*3[49]|#0*6[02]|#x0*2[27]|#x0*3[ce]);"
    r"|[«»‹›“”„‟‘’‚‛…、。，；：！？（）【】「」『』《》〈〉\u200b\ufeff\ufffd]"  # noqa: RUF001 - signs of other scripts
    r"|(?<![,;|])[,;|]++(?=(?:https?|ftp):\\?/)",  # a list of URLs without blanks; each run is looked at once
    re.IGNORECASE,
)
_AUTHORITY_END: Final = re.compile(r"[/?#]")
_PARTING: Final = re.compile(r"[,;|]")
_RUNNING_ON: Final = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Letters of scripts that put no blank behind a URL: Thai to Khmer, Chinese, Japanese, Korean."""


def readings(text: str, before: str) -> Iterator[str]:
    """Yield what a URL at the beginning of a text may be: as far as it goes, and without letters that may follow it.

    Args:
        text: begins with a URL; goes on for as long as one may be.
        before: the character before it; empty at the beginning of a file.
    """
    end = _END.search(text)
    run = text if end is None else text[: end.start()]
    if before == "'":
        run = run.partition("'")[0]
    run = run.replace("\\/", "/").rstrip("\\")
    run = _trimmed(_ENTITY_OF_AMPERSAND.sub("&", run))
    cell, name = _cell(run)
    if cell != run:
        yield cell
    if cell == run or "@" in name:
        yield run
    else:
        run = cell
    # Such letters may be the text's or the URL's own.
    past = _RUNNING_ON.search(run)
    cut = "" if past is None else _trimmed(run[: past.start()])
    host, slash, _ = cut.split("://", 1)[-1].partition("/")
    if slash or "." in host:
        yield cut


def _cell(run: str) -> tuple[str, str]:
    """Return a run up to what parts the cells of a table and no host holds, and what stands where hosts do."""
    begin = run.find("://") + len("://") if "://" in run else 0
    name = _AUTHORITY_END.split(run[begin:], maxsplit=1)[0]
    parted = _PARTING.search(name)
    if parted is None or "." not in name[: parted.start()]:
        return run, name
    return _trimmed(run[: begin + parted.start()]), name


def ends_within(text: str) -> bool:
    """Tell whether a URL at the beginning of a text ends before the text does."""
    return _END.search(text) is not None


def _trimmed(run: str) -> str:
    """Return a run without the brackets around it and the punctuation behind it."""
    opened = dict.fromkeys(_CLOSING.values(), 0)
    for found in _BRACKETS.finditer(run):
        sign = found[0]
        if sign in opened:
            opened[sign] += 1
            continue
        opened[_CLOSING[sign]] -= 1
        if opened[_CLOSING[sign]] < 0:
            run = run[: found.start()]
            break
    return run.rstrip(_TRAILING)
