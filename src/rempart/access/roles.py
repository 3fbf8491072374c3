"""The closed lists of what a caller can be given, and of what it can ask to do."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a caller was given; a caller may have several, and then the rights of all of them."""

    MATCH = "match"
    LIST_READER = "list-reader"
    LIST_EDITOR = "list-editor"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ANONYMOUS = "anonymous"


GRANTABLE_ROLES: Final = tuple(role for role in Role if role is not Role.ANONYMOUS)
"""The roles that a key can be given; `anonymous` is for callers without one."""


class Action(StrEnum):
    """What a caller can ask to do."""

    MATCH = "match"
    SCAN = "scan"
    LIST_LISTS = "list-lists"
    READ_ENTRIES = "read-entries"
    EXPORT_ENTRIES = "export-entries"
    EDIT_ENTRIES = "edit-entries"
    CREATE_LIST = "create-list"
    CHANGE_LIST = "change-list"
    READ_MATCHES = "read-matches"
    DISPOSE_MATCH = "dispose-match"
    MANAGE_KEYS = "manage-keys"
    MANAGE_EXCHANGES = "manage-exchanges"
    READ_AUDIT = "read-audit"
    READ_METRICS = "read-metrics"
