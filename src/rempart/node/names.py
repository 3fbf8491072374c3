"""Names of organisations as people give them."""


def is_plain_name(text: str) -> bool:
    """Tell whether a text can be kept and shown as a name: no blanks around it, nothing that cannot be printed."""
    return bool(text) and text == text.strip() and text.isprintable()
