"""Work that the tests of the worker pool hand to workers: most of it misbehaves."""

import ctypes
import hashlib
import io
import os
import socket
import subprocess
import sys
import threading
import time

from rempart.media import (
    PictureError,
    Video,
    VideoLimits,
    open_animation,
    open_picture,
    open_video,
    sniff,
)

CHANNEL = 3


def content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def digest(descriptor: int, request: bytes) -> bytes:
    return request + hashlib.sha256(content(descriptor)).digest()


def decode(descriptor: int, request: bytes) -> bytes:
    data = content(descriptor)
    try:
        picture = open_picture(data, media_type=sniff(data) or "", max_pixels=int(request))
        array = picture.pixels().array
    except PictureError as error:
        return error.kind.value.encode()
    return hashlib.sha256(array.tobytes()).digest()


def frames_of_video(descriptor: int, request: bytes) -> bytes:
    del request
    return frames_of_content(content(descriptor))


def frames_of_content(data: bytes) -> bytes:
    """Return a digest of all frames of both looks at a video, or the kind of problem."""
    digests = hashlib.sha256()
    limits = VideoLimits(max_pixels=1 << 20, max_seconds=60, max_frames=2000)
    try:
        for look in (Video.keyframes, Video.each_second):
            with open_video(io.BytesIO(data), media_type=sniff(data) or "", limits=limits) as video:
                for frame in look(video):
                    digests.update(frame.array.tobytes())
                digests.update(repr((video.milliseconds, video.problem)).encode())
    except PictureError as error:
        return error.kind.value.encode()
    return digests.digest()


def frames_of_animation(descriptor: int, request: bytes) -> bytes:
    del request
    return digest_of_animation(content(descriptor))


def digest_of_animation(data: bytes) -> bytes:
    limits = VideoLimits(max_pixels=1 << 20, max_seconds=60, max_frames=2000)
    try:
        animation = open_animation(data, media_type=sniff(data) or "", limits=limits)
    except PictureError as error:
        return error.kind.value.encode()
    if animation is None:
        return b"still"
    frames = b"".join(frame.array.tobytes() for frame in animation.frames())
    found = repr((animation.milliseconds, animation.problem)).encode()
    return hashlib.sha256(frames + found).digest()


def obey(descriptor: int, request: bytes) -> bytes:
    """Do what the request names."""
    return COMMANDS[request.decode()](descriptor)


def echo(descriptor: int) -> bytes:
    return content(descriptor)


def process_number(_: int) -> bytes:
    return str(os.getpid()).encode()


def leave(_: int) -> bytes:
    os._exit(7)


def crash(_: int) -> bytes:
    return ctypes.string_at(0)


def abort(_: int) -> bytes:
    os.abort()


def sleep(_: int) -> bytes:
    time.sleep(60)
    return b""


def take_too_much_memory(_: int) -> bytes:
    return bytes(1 << 40)


def fail(_: int) -> bytes:
    msg = "the text of an exception may hold bytes of the file"
    raise RuntimeError(msg)


def fail_with_a_hostile_name(_: int) -> bytes:
    hostile = type("\x1b[31m secret", (Exception,), {})
    raise hostile


def answer_too_much(_: int) -> bytes:
    return bytes(200_000)


def _say(message: bytes) -> None:
    ctypes.CDLL(None).send(CHANNEL, message, len(message), 0)


def say_garbage(_: int) -> bytes:
    _say(b"\xff" * 100)
    return b""


def say_too_much(_: int) -> bytes:
    _say(b"D" + bytes(100_000))
    return b""


def say_part(_: int) -> bytes:
    _say(b"P" + (1).to_bytes(4, "big") + b"part")
    return b""


def compute_for_ever(_: int) -> bytes:
    while True:
        pass


def take_some_memory(_: int) -> bytes:
    return str(len(bytes(100_000_000))).encode()


def answer_for_another_file(_: int) -> bytes:
    _say(b"D" + (999).to_bytes(4, "big") + b"forged")
    return b""


def answer_twice(_: int) -> bytes:
    _say(b"D" + (1).to_bytes(4, "big") + b"first")
    return b"second"


def close_the_channel(_: int) -> bytes:
    os.close(CHANNEL)
    time.sleep(60)
    return b""


def leak_descriptors(descriptor: int) -> bytes:
    return str(os.dup(descriptor)).encode()


def _refused(attempt: object) -> bytes:
    try:
        attempt()  # type: ignore[operator]  # a lambda of this file
    except (PermissionError, RuntimeError, ValueError) as error:
        return type(error).__name__.encode()
    return b"it worked"


def open_a_file(_: int) -> bytes:
    return _refused(lambda: os.open("/etc/hostname", os.O_RDONLY))


def write_a_file(_: int) -> bytes:
    return _refused(lambda: os.open("/tmp/rempart-test", os.O_WRONLY | os.O_CREAT))  # noqa: S108 - must fail


def fill_a_file(_: int) -> bytes:
    file = os.memfd_create("filled")
    return str(os.write(file, b"x")).encode()


def look_at_a_file(_: int) -> bytes:
    return _refused(lambda: os.stat("/etc/hostname"))  # noqa: PTH116 - the call itself is tested


def open_a_socket(_: int) -> bytes:
    return _refused(open_socket_past_python)


def open_socket_past_python() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0) < 0:
        raise OSError(ctypes.get_errno(), "socket")


def start_a_thread(_: int) -> bytes:
    return _refused(threading.Thread(target=print).start)


def fork(_: int) -> bytes:
    return _refused(os.fork)


def map_executable_memory(_: int) -> bytes:
    import mmap  # noqa: PLC0415 - as an intruder would

    return _refused(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC))


def write_to_the_file(descriptor: int) -> bytes:
    return _refused(lambda: os.write(descriptor, b"x"))


def run_a_program(_: int) -> bytes:
    os.execv("/bin/true", ["/bin/true"])  # noqa: S606 - must fail


def raise_its_limits(_: int) -> bytes:
    import resource  # noqa: PLC0415 - as an intruder would

    return _refused(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000)))


def environment(_: int) -> bytes:
    return ",".join(sorted(os.environ)).encode()


def refuse_to_start() -> None:
    msg = "this warm-up fails"
    raise RuntimeError(msg)


def die_at_start() -> None:
    os._exit(3)


def sleep_at_start() -> None:
    time.sleep(60)


def nothing_at_all() -> None:
    """Warm up nothing."""


def hide_seccomp() -> None:
    """Make the machine look like one without libseccomp."""
    sys.modules["pyseccomp"] = None  # type: ignore[assignment]  # the import system's mark for "absent"


def start_children() -> None:
    """Leave a grandchild behind, as a library might."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


COMMANDS = {
    function.__name__: function
    for function in (
        *(echo, process_number, leave, crash, abort, sleep, take_too_much_memory, fail),
        *(fail_with_a_hostile_name, answer_too_much, say_garbage, say_too_much, say_part),
        *(
            compute_for_ever,
            take_some_memory,
            answer_for_another_file,
            answer_twice,
            close_the_channel,
        ),
        *(leak_descriptors, open_a_file, write_a_file, look_at_a_file, open_a_socket),
        *(start_a_thread, fork, map_executable_memory, write_to_the_file, run_a_program),
        *(raise_its_limits, environment, fill_a_file),
    )
}
