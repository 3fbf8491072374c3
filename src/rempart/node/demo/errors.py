"""What can go wrong while the demonstration's material is made.

RempartError
├── DamagedError
│   └── DemoServiceError        the service of the demonstration did not start: see its log
└── UsageError
    ├── DemoMaterialMissingError    a package that ships the real pictures is missing or has changed
    ├── CorpusFolderError           the folder or its corpus.json is not ours, or cannot be written
    ├── CorpusDiskFullError         the disk has no room left
    └── ExerciseListError           the list asked for cannot be written
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, UsageError


class DemoServiceError(DamagedError):
    """The service of the demonstration did not start."""

    code: ClassVar[str] = "demo-service"


class DemoMaterialMissingError(UsageError):
    """A package that ships the real pictures is missing or has changed: install the locked packages."""

    code: ClassVar[str] = "demo-material-missing"


class CorpusFolderError(UsageError):
    """The folder cannot become the corpus: choose another one."""

    code: ClassVar[str] = "corpus-folder"


class CorpusDiskFullError(UsageError):
    """The disk has no room left for the corpus: free some, or choose another folder."""

    code: ClassVar[str] = "corpus-disk-full"


class ExerciseListError(UsageError):
    """The list asked for cannot be written as described."""

    code: ClassVar[str] = "exercise-list"
