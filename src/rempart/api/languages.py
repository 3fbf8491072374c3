"""The language of texts about law, as the caller prefers it."""

from rempart.api.call import Call
from rempart.node.service import Language


def language_of(call: Call) -> Language:
    """Return French where Accept-Language begins with it, else English."""
    preferred = (call.header(b"accept-language") or b"").strip().lower()
    return Language.FR if preferred.startswith(b"fr") else Language.EN
