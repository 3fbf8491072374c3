"""The routes of Meta's hasher-matcher-actioner (HMA), in front of this node's lists: thin handlers."""

from rempart.api.hma.application import HmaApplication, take, taken

__all__ = ["HmaApplication", "take", "taken"]
