"""The one way to compare secrets."""

import hmac


def same_secret(one: bytes, other: bytes) -> bool:
    """Tell whether two secrets are the same, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)
