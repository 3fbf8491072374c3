"""The languages in which texts can be asked for."""

from enum import StrEnum


class Language(StrEnum):
    """The languages of the texts."""

    EN = "en"
    FR = "fr"
