"""The threads in which a worker waits for its store."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

STORE_THREADS: Final = 12
"""More would wait for one another: the store's pool of connections is about as large."""


def store_threads() -> ThreadPoolExecutor:
    """Return the threads of one worker."""
    return ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
