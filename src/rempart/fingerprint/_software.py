"""The name under which this program's fingerprints are recorded."""

from typing import Final

from rempart import __version__

SOFTWARE: Final = f"rempart/{__version__}"
