"""Every error names its exit code by who can put it right."""

import pytest

from rempart.model.errors import DamagedError, RefusedError, RempartError, UsageError


@pytest.mark.parametrize(
    ("kind", "exit_code"), [(UsageError, 2), (RefusedError, 3), (DamagedError, 4)]
)
def test_an_error_says_what_happened_and_what_to_do_next(
    kind: type[RempartError], exit_code: int
) -> None:
    error = kind("The list x is empty.", hint="Import it again.")

    assert error.exit_code == exit_code
    assert str(error) == "The list x is empty. Import it again."
    assert (error.message, error.hint) == ("The list x is empty.", "Import it again.")
