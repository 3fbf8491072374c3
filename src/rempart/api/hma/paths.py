"""Addresses of HMA's routes: with doubled slashes, and with a token in front."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from rempart.api.asgi import Scope

_TOKEN_PREFIX: Final = "/hma/"  # noqa: S105 - where a token stands, no token
REDACTED: Final = "-"
_AREAS: Final = re.compile(
    r"/(?:[hmc]|dev)/.*|/status(?:/live)?/?|/site-map/?|/", re.ASCII | re.DOTALL
)
_SLASHES: Final = re.compile(r"/{2,}")


@dataclass(frozen=True, slots=True)
class HmaPath:
    """One address among HMA's.

    Attributes:
        path: without token and doubled slashes.
        token: the API key that stood in the address; absent where none stood there.
    """

    path: str
    token: str | None = field(repr=False)


def hma_path(path: str) -> HmaPath | None:
    """Return what an address means among HMA's routes, or None where it is none of them."""
    single = _SLASHES.sub("/", path)
    token = None
    if single.startswith(_TOKEN_PREFIX):
        token, slash, rest = single.removeprefix(_TOKEN_PREFIX).partition("/")
        single = f"/{rest}" if slash else "/"
    if _AREAS.fullmatch(single) is None:
        # With a token it is ours all the same: nobody else may see the address.
        return None if token is None else HmaPath(path="/hma", token=token)
    return HmaPath(path=single, token=token)


def redact(scope: Scope, found: HmaPath) -> None:
    """Take the token out of a request's scope, before anything can log it."""
    if found.token is None:
        return
    shown = f"{_TOKEN_PREFIX}{REDACTED}{found.path}"
    scope["path"] = shown
    scope["raw_path"] = quote(shown).encode("ascii")
