"""Fuzz URLs: their one form, their expressions, and finding them in bytes of any kind.

Run `python tests/fuzz/fuzz_urls.py [corpus-folder] [libFuzzer options]`.
"""

import sys

from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.url_finding import find_urls
from rempart.fingerprint.urls import MOST_EXPRESSIONS, canonical_url, exact_expression, expressions

_LARGEST_BYTE = 255


def fuzz_one(data: bytes) -> None:
    """Take one input as a URL, and as a file that holds URLs, whole and in pieces."""
    if not data:
        return
    step, content = data[0] % _LARGEST_BYTE + 1, data[1:]
    _canonical(content)
    whole = find_urls([content])
    pieces = [content[at : at + step] for at in range(0, len(content), step)]
    if find_urls(pieces) != whole:
        raise AssertionError
    for found in whole.urls:
        url = canonical_url(found.url)
        if url.text != found.url or not found.times:
            raise AssertionError


def _canonical(content: bytes) -> None:
    try:
        url = canonical_url(content)
    except UrlError as refused:
        refused.message.encode()
        return
    if canonical_url(url.text) != url or not url.text.isascii() or not url.text.isprintable():
        raise AssertionError
    made = expressions(url)
    if not 1 <= len(made) <= MOST_EXPRESSIONS or made[0] != exact_expression(url):
        raise AssertionError


def main() -> None:
    """Run libFuzzer over `fuzz_one`."""
    import atheris  # noqa: PLC0415 - needed to fuzz only, not to replay inputs
    from instrumentation import watch  # noqa: PLC0415 - it imports the fuzzer

    watch(
        *(
            f"rempart.fingerprint.{name}"
            for name in ("urls", "_url_host", "_url_text", "url_finding")
        )
    )
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
