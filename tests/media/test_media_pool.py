"""The pool of workers: one file costs at most its own result, whatever it does to its worker."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from tests.media.sample_pictures import NAMES, encode, opened, photograph

from rempart.media import (
    DEFAULT_MAX_PIXELS,
    Finished,
    PoolClosedError,
    PoolFullError,
    WorkerLimits,
    WorkerPool,
    WorkerStartError,
    sandbox_description,
)
from rempart.model.scan import Problem, ProblemKind

QUICK = WorkerLimits(seconds_per_file=20.0)


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool("media_workloads:obey", None, 1, QUICK) as opened:
        yield opened


def ask(pool: WorkerPool, descriptor: int, command: str) -> bytes | Problem:
    pool.submit(descriptor, command.encode(), "tag")
    (finished,) = pool.drain()
    assert finished.tag == "tag"
    return finished.payload


def problem(pool: WorkerPool, descriptor: int, command: str) -> Problem:
    answer = ask(pool, descriptor, command)
    assert isinstance(answer, Problem)
    return answer


def own_children() -> list[psutil.Process]:
    return list(psutil.Process().children(recursive=True))


class TestWork:
    def test_every_submission_is_finished_once_with_its_own_result(self, tmp_path: Path) -> None:
        files = [tmp_path / str(number) for number in range(40)]
        results: dict[object, bytes | Problem] = {}
        with WorkerPool("media_workloads:digest", None, 2, QUICK) as pool:
            for number, path in enumerate(files):
                path.write_bytes(b"x" * number)
                if not pool.free_slots:
                    results.update(pool.wait())
                with path.open("rb") as file:
                    pool.submit(file.fileno(), b"r%d" % number, number)
            results.update(pool.drain())
        assert results == {
            number: b"r%d" % number + hashlib.sha256(b"x" * number).digest() for number in range(40)
        }

    def test_the_largest_messages_pass(self, descriptor: int) -> None:
        limits = WorkerLimits(request_bytes=65536, response_bytes=65536)
        request = bytes(65536 - 32)
        with WorkerPool("media_workloads:digest", None, 1, limits) as pool:
            pool.submit(descriptor, request, 1)
            ((_, payload),) = pool.drain()
        assert payload == request + hashlib.sha256(b"content").digest()

    def test_full_pool_refuses_more(self, pool: WorkerPool, descriptor: int) -> None:
        assert pool.free_slots == pool.capacity
        for number in range(pool.capacity):
            pool.submit(descriptor, b"echo", number)
        with pytest.raises(PoolFullError):
            pool.submit(descriptor, b"echo", "one too many")
        assert {finished.tag for finished in pool.drain()} == set(range(pool.capacity))

    def test_too_large_a_request_is_refused(self, pool: WorkerPool, descriptor: int) -> None:
        with pytest.raises(ValueError, match="at most"):
            pool.submit(descriptor, bytes(QUICK.request_bytes + 1), None)
        assert pool.outstanding == 0

    def test_waiting_for_nothing_returns_at_once(self, pool: WorkerPool) -> None:
        assert pool.wait() == []

    def test_a_timeout_returns_without_result(self, pool: WorkerPool, descriptor: int) -> None:
        pool.submit(descriptor, b"echo", 1)
        early = pool.wait(timeout=0.0)
        assert early + list(pool.drain()) == [Finished(1, b"content")]

    def test_the_file_may_be_closed_after_submission(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        copies = [os.dup(descriptor) for _ in range(2)]
        for copy in copies:
            pool.submit(copy, b"echo", copy)
            os.close(copy)
        assert sorted(pool.drain()) == [Finished(copy, b"content") for copy in sorted(copies)]

    def test_the_pool_leaks_no_descriptor(self, pool: WorkerPool, descriptor: int) -> None:
        ask(pool, descriptor, "echo")
        before = psutil.Process().num_fds()
        for command in ("echo", "leave", "say_garbage", "fail", "echo"):
            ask(pool, descriptor, command)
        assert psutil.Process().num_fds() == before


class TestMisbehaviour:
    @pytest.mark.parametrize(
        ("command", "sign"),
        [
            ("leave", "status 7"),
            ("crash", "SIGSEGV"),
            ("abort", "SIGABRT"),
            ("say_garbage", "protocol"),
            ("say_too_much", "protocol"),
            ("answer_for_another_file", "protocol"),
            ("fail", "RuntimeError"),
            ("answer_too_much", "ResponseTooLargeError"),
        ],
    )
    def test_it_costs_one_file(
        self, pool: WorkerPool, descriptor: int, command: str, sign: str
    ) -> None:
        pool.submit(descriptor, command.encode(), "bad")
        pool.submit(descriptor, b"echo", "good")
        results = dict(pool.drain())
        bad = results["bad"]
        assert isinstance(bad, Problem)
        assert bad.kind is ProblemKind.WORKER_DIED
        assert sign in bad.message
        assert results["good"] == b"content"

    def test_memory_is_limited_and_the_worker_survives(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        before = ask(pool, descriptor, "process_number")
        assert problem(pool, descriptor, "take_too_much_memory").kind is ProblemKind.MEMORY_LIMIT
        assert ask(pool, descriptor, "process_number") == before

    @pytest.mark.parametrize("command", ["sleep", "compute_for_ever", "close_the_channel"])
    def test_silence_ends_at_the_time_limit(self, descriptor: int, command: str) -> None:
        limits = WorkerLimits(seconds_per_file=0.3)
        with WorkerPool("media_workloads:obey", None, 1, limits) as pool:
            kind = problem(pool, descriptor, command).kind
            assert kind in {ProblemKind.TIME_LIMIT, ProblemKind.WORKER_DIED}
            assert (kind is ProblemKind.TIME_LIMIT) == (command != "close_the_channel")
            assert ask(pool, descriptor, "echo") == b"content"

    def test_the_text_of_an_exception_stays_in_the_worker(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        assert "bytes of the file" not in problem(pool, descriptor, "fail").message

    def test_a_hostile_name_of_an_exception_is_not_passed_on(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        assert "secret" not in problem(pool, descriptor, "fail_with_a_hostile_name").message

    def test_an_answer_in_advance_is_not_taken_for_the_next_file(self, descriptor: int) -> None:
        with WorkerPool("media_workloads:obey", None, 1, QUICK) as pool:
            assert ask(pool, descriptor, "answer_twice") == b"first"
            assert ask(pool, descriptor, "echo") != b"second"
            assert ask(pool, descriptor, "echo") == b"content"

    def test_leaked_descriptors_are_closed_between_files(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        numbers = {ask(pool, descriptor, "leak_descriptors") for _ in range(30)}
        assert numbers == {b"5"}


class TestReplacement:
    def test_a_worker_is_replaced_after_its_share_of_files(self, descriptor: int) -> None:
        limits = WorkerLimits(files_per_worker=3)
        with WorkerPool("media_workloads:obey", None, 1, limits) as pool:
            workers = [ask(pool, descriptor, "process_number") for _ in range(7)]
        assert [workers.index(each) for each in workers] == [0, 0, 0, 3, 3, 3, 6]

    def test_a_worker_killed_while_idle_costs_no_file(self, descriptor: int) -> None:
        with WorkerPool("media_workloads:obey", None, 1, QUICK) as pool:
            victim = ask(pool, descriptor, "process_number")
            assert isinstance(victim, bytes)
            psutil.Process(int(victim)).kill()
            os.waitid(os.P_PID, int(victim), os.WEXITED | os.WNOWAIT)
            assert ask(pool, descriptor, "echo") == b"content"

    def test_closing_leaves_no_process(self, descriptor: int) -> None:
        before = own_children()
        with WorkerPool("media_workloads:obey", None, 2, QUICK) as pool:
            pool.submit(descriptor, b"sleep", None)
            assert len(own_children()) == len(before) + 2
        assert own_children() == before

    def test_closing_ends_what_a_library_started(self) -> None:
        before = set(psutil.pids())
        with WorkerPool("media_workloads:obey", "media_workloads:start_children", 1, QUICK) as pool:
            assert pool.sandbox
            started = [each for each in own_children() if each.pid not in before]
            assert len(started) == 2
        psutil.wait_procs(started, timeout=5)
        assert not any(
            each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in started
        )

    def test_a_closed_pool_refuses_work(self, descriptor: int) -> None:
        pool = WorkerPool("media_workloads:obey", None, 1, QUICK)
        pool.close()
        pool.close()
        with pytest.raises(PoolClosedError):
            pool.submit(descriptor, b"echo", None)
        with pytest.raises(PoolClosedError):
            pool.wait()


class TestStart:
    @pytest.mark.parametrize(
        ("work", "warm_up", "sign"),
        [
            ("media_workloads:obey", "media_workloads:refuse_to_start", "this warm-up fails"),
            ("media_workloads:obey", "media_workloads:die_at_start", "status 3"),
            ("media_workloads:absent", None, "AttributeError"),
            ("no_such_module:absent", None, "ModuleNotFoundError"),
        ],
    )
    def test_workers_that_cannot_start_are_one_clear_error(
        self, descriptor: int, work: str, warm_up: str | None, sign: str
    ) -> None:
        before = own_children()
        with WorkerPool(work, warm_up, 1, QUICK) as pool:
            pool.submit(descriptor, b"", None)
            with pytest.raises(WorkerStartError, match=sign):
                list(pool.drain())
            assert own_children() == before

    def test_a_start_that_never_ends_is_cut_off(self) -> None:
        limits = WorkerLimits(seconds_to_start=0.4)
        with (
            WorkerPool("media_workloads:obey", "media_workloads:sleep_at_start", 1, limits) as pool,
            pytest.raises(WorkerStartError, match="SIGKILL"),
        ):
            assert pool.sandbox

    def test_a_memory_limit_below_the_need_is_said_of_the_file(self, descriptor: int) -> None:
        limits = WorkerLimits(address_space_bytes=1 << 20)
        with WorkerPool("media_workloads:obey", None, 1, limits) as pool:
            assert problem(pool, descriptor, "take_some_memory").kind is ProblemKind.MEMORY_LIMIT
        with WorkerPool("media_workloads:obey", None, 1, QUICK) as pool:
            assert ask(pool, descriptor, "take_some_memory") == b"100000000"

    def test_no_worker_at_all_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            WorkerPool("media_workloads:obey", None, 0, QUICK)

    @pytest.mark.parametrize(
        "wrong", [{"files_per_worker": 0}, {"seconds_per_file": -1.0}, {"request_bytes": 1 << 20}]
    )
    def test_limits_that_are_not_possible_are_refused(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"positive|at most"):
            WorkerLimits(**wrong)


class TestSandbox:
    def test_it_says_what_is_in_force(self, pool: WorkerPool) -> None:
        assert pool.sandbox in {"seccomp+rlimits", "rlimits"}
        assert sandbox_description() == pool.sandbox

    def test_without_libseccomp_the_limits_remain_and_it_says_so(self, descriptor: int) -> None:
        with WorkerPool("media_workloads:obey", "media_workloads:hide_seccomp", 1, QUICK) as pool:
            assert pool.sandbox == "rlimits"
            assert ask(pool, descriptor, "echo") == b"content"
            assert (
                problem(pool, descriptor, "take_too_much_memory").kind is ProblemKind.MEMORY_LIMIT
            )
            assert ask(pool, descriptor, "raise_its_limits") != b"it worked"
            assert ask(pool, descriptor, "open_a_file") == b"it worked"
            assert "OSError" in problem(pool, descriptor, "fill_a_file").message

    def test_workers_die_with_their_parent(self) -> None:
        program = (
            "import os, signal\n"
            "from rempart.media import WorkerLimits, WorkerPool\n"
            "pool = WorkerPool('rempart.media._worker:nothing', None, 2, WorkerLimits())\n"
            "pool.sandbox\n"
            "import psutil\n"
            "print(*[each.pid for each in psutil.Process().children()], flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        workers = [int(number) for number in done.stdout.split()]
        assert len(workers) == 2
        living = [psutil.Process(each) for each in workers if psutil.pid_exists(each)]
        _, left = psutil.wait_procs(living, timeout=10)
        assert not [each for each in left if each.status() != psutil.STATUS_ZOMBIE]

    def test_the_environment_is_cleaned(
        self, descriptor: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REMPART_TEST_SECRET", "1")
        with WorkerPool("media_workloads:obey", None, 1, QUICK) as pool:
            names = ask(pool, descriptor, "environment")
        assert isinstance(names, bytes)
        assert b"SECRET" not in names
        assert b"OMP_NUM_THREADS" in names

    def test_the_file_cannot_be_written_to(self, pool: WorkerPool, descriptor: int) -> None:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"x")
        assert ask(pool, descriptor, "write_to_the_file") != b"it worked"

    @pytest.mark.parametrize(
        "command",
        [
            "open_a_file",
            "write_a_file",
            "look_at_a_file",
            "open_a_socket",
            "start_a_thread",
            "fork",
            "map_executable_memory",
            "raise_its_limits",
        ],
    )
    def test_seccomp_refuses(self, pool: WorkerPool, descriptor: int, command: str) -> None:
        if pool.sandbox != "seccomp+rlimits":
            pytest.skip("this system has no seccomp")
        assert ask(pool, descriptor, command) in {
            b"PermissionError",
            b"RuntimeError",
            b"ValueError",
        }

    def test_running_a_program_kills_the_worker(self, pool: WorkerPool, descriptor: int) -> None:
        if pool.sandbox != "seccomp+rlimits":
            pytest.skip("this system has no seccomp")
        assert "SIGSYS" in problem(pool, descriptor, "run_a_program").message


class TestDecoding:
    def test_every_format_decodes_inside_the_sandbox(self, tmp_path: Path) -> None:
        expected: dict[object, bytes] = {}
        found: dict[object, bytes | Problem] = {}
        with WorkerPool("media_workloads:decode", None, 1, QUICK) as pool:
            for name in NAMES:
                data = encode(photograph(), name)
                path = tmp_path / name.replace("/", "-")
                path.write_bytes(data)
                array = opened(data, name).pixels().array
                expected[name] = hashlib.sha256(array.tobytes()).digest()
                with path.open("rb") as file:
                    pool.submit(file.fileno(), b"1000000", name)
                found.update(pool.wait())
            found.update(pool.drain())
        assert found == expected

    @pytest.mark.parametrize("name", ["image/png", "image/jpeg", "image/webp", "image/bmp"])
    def test_a_picture_over_the_memory_limit_says_so(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "picture"
        options = {"method": 0} if name == "image/webp" else {}
        path.write_bytes(encode(Image.new("RGB", (4000, 4000)), name, **options))
        limits = WorkerLimits(address_space_bytes=200 * 1024**2)
        payload = self._decode(path, limits, DEFAULT_MAX_PIXELS)
        kind = payload.kind.value if isinstance(payload, Problem) else payload
        assert kind in {"memory-limit", b"memory-limit"}

    @staticmethod
    def _decode(path: Path, limits: WorkerLimits, max_pixels: int) -> object:
        with (
            WorkerPool("media_workloads:decode", None, 1, limits) as pool,
            path.open("rb") as file,
        ):
            pool.submit(file.fileno(), str(max_pixels).encode(), None)
            ((_, payload),) = pool.drain()
        return payload
