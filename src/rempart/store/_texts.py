"""Texts that come from outside: whether both engines can keep them, and how long they may be."""

from collections.abc import Iterable

from rempart.store.errors import StoreConstraintError


def storable(text: str, *, what: str, most: int) -> str:
    """Return a text that both engines keep as it is.

    Args:
        text: what is to be kept.
        what: names it in the error; its content is never told.
        most: the largest number of characters.

    Raises:
        StoreConstraintError: it is longer, has no UTF-8 form (half a surrogate pair), or holds the character NUL,
            which PostgreSQL does not keep.
    """
    if len(text) > most:
        msg = f"The {what} has {len(text)} characters; {most} are kept at most."
        raise StoreConstraintError(msg, hint="Shorten it.")
    if not is_storable(text):
        msg = f"The {what} holds a character that cannot be kept."
        raise StoreConstraintError(msg, hint="Leave out NUL and halves of surrogate pairs.")
    return text


def storable_or_absent(text: str | None, *, what: str, most: int) -> str | None:
    """Return a text that both engines keep, or nothing where there is none.

    Raises:
        StoreConstraintError: as `storable`.
    """
    return None if text is None else storable(text, what=what, most=most)


def refuse_nul(texts: Iterable[str | None]) -> None:
    """Refuse the character NUL in texts whose length is not the store's to say; quick, for millions of them.

    Raises:
        StoreConstraintError: one holds it: SQLite would keep it, and PostgreSQL would not.
    """
    if any(text is not None and "\0" in text for text in texts):
        msg = "A text of the change holds the character NUL; nothing was changed."
        raise StoreConstraintError(msg, hint="Refuse the record that it came from.")


def is_storable(text: str) -> bool:
    """Tell whether both engines keep a text as it is; what they do not, stands in no store."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
