"""The language of answers of law: chosen by the caller, else by the environment."""

from collections.abc import Mapping
from typing import Final

from rempart.law.language import Translator
from rempart.model.language import Language
from rempart.node.errors import LawArgumentError

LANGUAGE_VARIABLE: Final = "REMPART_LANGUAGE"
_SYSTEM_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Those of POSIX, the strongest first; one that is empty does not count."""


def find_language(named: str | None, environment: Mapping[str, str]) -> Translator:
    """Return who writes texts: in the named language, else in that of the environment, else in English.

    Raises:
        LawArgumentError: the named language, or that of `REMPART_LANGUAGE`, is none of those known.
    """
    wanted = named or environment.get(LANGUAGE_VARIABLE)
    if wanted:
        return Translator(_known(wanted))
    system = next((value for name in _SYSTEM_VARIABLES if (value := environment.get(name))), "")
    is_french = system.lower().startswith(Language.FR.value)
    return Translator(Language.FR if is_french else Language.EN)


def _known(text: str) -> Language:
    if text in list(Language):
        return Language(text)
    names = ", ".join(each.value for each in Language)
    message = f"{text[:20]!r} is no language of the answers."
    raise LawArgumentError(message, hint=f"Take one of: {names}.")
