"""The sandbox that a worker puts on itself after its imports and before the first untrusted byte."""

import contextlib
import ctypes
import errno
import math
import mmap
import os
import resource
import signal
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

from rempart.media.limits import WorkerLimits

WITH_SECCOMP: Final = "seccomp+rlimits"
WITHOUT_SECCOMP: Final = "rlimits"

OPEN_FILES: Final = 16
"""A worker holds null thrice, its socket and one file; mapping a file takes a second descriptor."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_AT_EMPTY_PATH: Final = 0x1000

_ALLOWED: Final = (
    # memory
    *("munmap", "mremap", "madvise", "brk"),
    # the one file that the worker was handed
    *(
        "read",
        "readv",
        "pread64",
        "preadv",
        "lseek",
        "fstat",
        "fcntl",
        "dup",
        "close",
        "close_range",
    ),
    # time, randomness, locks, signals
    *("clock_gettime", "gettimeofday", "clock_nanosleep", "nanosleep", "getrandom", "futex"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    # itself
    *("getpid", "gettid", "sched_yield", "sched_getaffinity", "exit", "exit_group"),
)
_DEADLY: Final = ("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "bpf")
"""No decoder calls these by mistake: the worker is killed. Every other call fails with EPERM and costs one file."""


def bind_life_to_parent(parent: int) -> None:
    """Make the kernel kill this process when the pool's process ends.

    Raises:
        SystemExit: it has ended already.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)


def enter_sandbox(limits: WorkerLimits, channel: int) -> str:
    """Give up everything that decoding does not need; return what is in force.

    Args:
        limits: of this worker.
        channel: descriptor of the socket to the pool, the only one that may be written to.
    """
    cpu_seconds = math.ceil(limits.seconds_per_file * limits.files_per_worker)
    for kind, limit in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        _lower(kind, limit)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    return WITH_SECCOMP if _load_filter(channel) else WITHOUT_SECCOMP


def _lower(kind: int, limit: int) -> None:
    """Set a limit for good, or keep the one in force where that is lower."""
    _, hard = resource.getrlimit(kind)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (limit, limit))


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl option {option} failed")


def _load_filter(channel: int) -> bool:
    """Load the allow-list of system calls; False where the system has no libseccomp or no seccomp."""
    try:
        import pyseccomp  # noqa: PLC0415 - it raises where libseccomp is missing
    except (ImportError, RuntimeError):
        return False
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for action, name, condition in _rules(pyseccomp, channel):
        # A processor may lack a call of the name: then there is nothing to allow or to punish.
        with contextlib.suppress(OSError):
            rules.add_rule(action, name, *condition)
    try:
        rules.load()
    except OSError:
        return False
    return _is_in_force()


def _rules(pyseccomp: ModuleType, channel: int) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
    """Give action, name of the call, and condition on its arguments."""
    allow, masked, equal = pyseccomp.ALLOW, pyseccomp.MASKED_EQ, pyseccomp.EQ
    yield from ((allow, name, ()) for name in _ALLOWED)
    yield from ((pyseccomp.KILL_PROCESS, name, ()) for name in _DEADLY)
    for name in ("mmap", "mprotect"):  # never memory that can be executed
        yield allow, name, (pyseccomp.Arg(2, masked, mmap.PROT_EXEC, 0),)
    for name in ("recvmsg", "sendto"):
        yield allow, name, (pyseccomp.Arg(0, equal, channel),)
    by_descriptor = pyseccomp.Arg(3, masked, _AT_EMPTY_PATH, _AT_EMPTY_PATH)
    yield allow, "newfstatat", (by_descriptor,)
    yield allow, "tgkill", (pyseccomp.Arg(0, equal, os.getpid()),)  # abort() of a library


def _is_in_force() -> bool:
    """Try what the filter must refuse."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except PermissionError:
        return True
    return False
