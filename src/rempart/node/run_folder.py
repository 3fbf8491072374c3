"""What a running service keeps in its node's folder: the right to be the only one, its metrics, its addresses."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rempart.node.errors import ServiceRunningError

METRICS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - made with a name that nobody can guess
_PREFIX: Final = "rempart-metrics-"
_LEAST_MEMORY_BYTES: Final = 32 * 1024 * 1024


class RunFolder:
    """The folder `run` of a node."""

    def __init__(self, node: Path) -> None:
        self.path = node / "run"
        self.metrics = self.path / "metrics"
        self._addresses = self.path / "addresses"

    def lock(self) -> int:
        """Take the right to serve this node; return the descriptor that holds it.

        Raises:
            ServiceRunningError: another service of this node runs.
            OSError: the folder cannot be written.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            message = f"The service of the node in {self.path.parent} runs already."
            hint = "Stop it, or send it SIGHUP to take new settings (`systemctl reload rempart`)."
            raise ServiceRunningError(message, hint=hint) from error
        return descriptor

    def begin_metrics(self, *, afresh: bool) -> None:
        """Make the folder of the metrics' files known to the libraries; call it before the application is imported.

        Args:
            afresh: forget what the last run left; a service that takes its own place counts on.
        """
        if afresh:
            self._remove_metrics()
        if not self.metrics.is_dir():
            self._make_metrics()
        os.environ[METRICS_VARIABLE] = str(self.metrics)

    def note_addresses(self, addresses: Sequence[str]) -> None:
        """Write down where the service answers, for the doctor: options may have said otherwise than the settings."""
        self._addresses.write_text("".join(f"{each}\n" for each in addresses), encoding="utf-8")

    def addresses(self) -> list[str]:
        """Return where the service that runs answers, as URLs; empty where it has not said."""
        try:
            lines = self._addresses.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            return []
        return [line for line in lines if line]

    def forget_process(self, pid: int) -> None:
        """Take what a dead worker said of its present state out of the metrics; what it counted stays.

        As `prometheus_client.multiprocess.mark_process_dead`; but that library must not be imported before the
        application is: it looks for its folder then, and never again.
        """
        for path in self.metrics.glob(f"gauge_live*_{pid}.db"):
            with contextlib.suppress(OSError):
                path.unlink()

    def end(self) -> None:
        """Take away what says that the service runs."""
        self._remove_metrics()
        self._addresses.unlink(missing_ok=True)

    def _make_metrics(self) -> None:
        """Make the folder in the machine's memory where that can be, under its name in the node's folder.

        Workers map its files with holes in them: whoever writes into a hole on a full disk is ended by the system.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = _folder_in_memory()
        if place is None:
            self.metrics.mkdir(mode=0o700)
        else:
            self.metrics.symlink_to(place)

    def _remove_metrics(self) -> None:
        """Take away what a run left, also one that was killed."""
        if self.metrics.is_symlink():
            place = self.metrics.readlink()
            if place.parent == _MEMORY and place.name.startswith(_PREFIX):
                shutil.rmtree(place, ignore_errors=True)
            self.metrics.unlink()
        else:
            shutil.rmtree(self.metrics, ignore_errors=True)


def _folder_in_memory() -> str | None:
    """Make a folder in the machine's memory; nothing where there is no room for one."""
    try:
        space = os.statvfs(_MEMORY)
        if space.f_bavail * space.f_frsize < _LEAST_MEMORY_BYTES:
            return None
        return tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY)
    except OSError:
        return None
