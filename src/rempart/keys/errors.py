"""What can go wrong with keys.

RempartError
├── UsageError
│   └── ApiKeyTextError           the text is no API key, or was mistyped
├── RefusedError
│   └── KeyFileExistsError        a key file is there already and was not written over
└── DamagedError
    ├── KeyFileMissingError       there is no key file
    ├── KeyFileExposedError       others on the machine can read the key file, or it belongs to somebody else
    ├── KeyFileDamagedError       the key file is torn, changed or of another version
    ├── SealingKeyUnknownError    a secret was sealed by a key that the key file does not hold
    └── SecretAlteredError        a sealed secret is not what was sealed under this name
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class ApiKeyTextError(UsageError):
    """The text is no API key, or was mistyped."""

    code: ClassVar[str] = "api-key-text"


class KeyFileExistsError(RefusedError):
    """A key file is there already; it was not written over."""

    code: ClassVar[str] = "key-file-exists"


class KeyFileMissingError(DamagedError):
    """There is no key file, or it cannot be read."""

    code: ClassVar[str] = "key-file-missing"


class KeyFileExposedError(DamagedError):
    """Others on the machine can read the key file, or it belongs to somebody else."""

    code: ClassVar[str] = "key-file-exposed"


class KeyFileDamagedError(DamagedError):
    """The key file is torn, was changed, or belongs to another version."""

    code: ClassVar[str] = "key-file-damaged"


class SealingKeyUnknownError(DamagedError):
    """A secret was sealed by a key that the key file does not hold."""

    code: ClassVar[str] = "sealing-key-unknown"


class SecretAlteredError(DamagedError):
    """A sealed secret is not what was sealed under this name."""

    code: ClassVar[str] = "secret-altered"
