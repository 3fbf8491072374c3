"""Who may do what: Cedar policies over closed lists of roles and actions."""

from rempart.access.access import Access, Decision
from rempart.access.errors import PolicyError
from rempart.access.roles import GRANTABLE_ROLES, Action, Role

__all__ = ["GRANTABLE_ROLES", "Access", "Action", "Decision", "PolicyError", "Role"]
