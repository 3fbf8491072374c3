"""Chromium without a window, driven over two pipes: the DevTools protocol as JSON between zero bytes."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage"),
    *("--no-default-browser-check", "--mute-audio", "--remote-debugging-pipe"),
    "--disable-features=Translate,OptimizationHints,MediaRouter",
)
_LAUNCHER: Final = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads commands from descriptor 3 and writes answers to descriptor 4."""

_PATIENCE_SECONDS: Final = 60
_FIRST_FREE: Final = 10

Message = dict[str, Any]


def find_browser() -> str:
    """Return the browser's program; the tests of the report cannot do without it."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    message = "The tests of the report open it in Chromium, and there is none. Install it: apt-get install chromium"
    raise RuntimeError(message)


class Browser:
    """A running browser without a profile of its own."""

    def __init__(self, folder: Path) -> None:
        """Start it with an empty folder for its profile."""
        self.folder = folder
        read_commands, self._to = _high_pipe()
        self._from, write_answers = _high_pipe()
        command = [sys.executable, "-c", _LAUNCHER, str(read_commands), str(write_answers)]
        profile = folder / "profile"
        self._process = subprocess.Popen(
            [*command, find_browser(), *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(read_commands, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )
        os.close(read_commands)
        os.close(write_answers)
        self._rest = b""
        self._arrived: deque[Message] = deque()
        self._number = 0
        self.events: list[Message] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the browser, and with it every process that it started."""
        try:
            self.call("Browser.close")
            self._process.wait(_PATIENCE_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._to)
            os.close(self._from)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Message:
        """Return what a command answers; events that come before it are kept."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        rest = memoryview(json.dumps(message).encode() + b"\0")
        while rest:
            rest = rest[os.write(self._to, rest) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    refused = f"{method}: {answer['error']}"
                    raise RuntimeError(refused)
                result: Message = answer["result"]
                return result
            self.events.append(answer)

    def wait_for(
        self, method: str, session: str | None, has: Callable[[Message], bool] = lambda _: True
    ) -> Message:
        """Return what the first event of a kind says that came for a page, or that comes."""
        while True:
            for each in self.events:
                if (each.get("method"), each.get("sessionId")) == (method, session):
                    said: Message = each["params"]
                    if has(said):
                        return said
            self.events.append(self._next())

    def saved(self, folder: Path, press: Callable[[], None]) -> bytes:
        """Return the file that a page saves when something is pressed."""
        self.call(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(folder),
            eventsEnabled=True,
        )
        self.events = [each for each in self.events if "download" not in each["method"]]
        press()
        begun = self.wait_for("Browser.downloadWillBegin", None)
        self.wait_for("Browser.downloadProgress", None, lambda each: each["state"] == "completed")
        name: str = begun["suggestedFilename"]
        return (folder / name).read_bytes()

    @contextmanager
    def page(self, path: Path, **options: Any) -> Iterator["Page"]:
        """Open a file in a tab of its own."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, path)
        try:
            page.open(**options)
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)
            self.events = [each for each in self.events if each.get("sessionId") != session]

    def _next(self) -> Message:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._arrived:
            ready, _, _ = select.select([self._from], [], [], deadline - time.monotonic())
            part = os.read(self._from, 1 << 20) if ready else b""
            if not part:
                silent = "The browser does not answer."
                raise RuntimeError(silent)
            *whole, self._rest = (self._rest + part).split(b"\0")
            self._arrived.extend(json.loads(each) for each in whole)
        return self._arrived.popleft()


class Page:
    """One page in a tab."""

    def __init__(self, browser: Browser, session: str, path: Path) -> None:
        self._browser = browser
        self._session = session
        self.path = path

    def open(self, *, width: int = 1200, has_script: bool = True, scheme: str = "light") -> None:
        """Load the page, listening to everything that it asks and complains of."""
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=not has_script)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=self.path.as_uri())
        self._browser.wait_for("Page.loadEventFired", self._session)

    def call(self, method: str, **parameters: Any) -> Message:
        """Return what a command about this page answers."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page, a promise's once it is kept."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Wait until a condition holds in the page."""
        self.evaluate(
            "new Promise((keep, fail) => { const end = Date.now() + 20000; const look = () => {"
            f" if ({condition}) keep(true);"
            " else if (Date.now() > end) fail(new Error('it did not come to hold'));"
            " else setTimeout(look, 10); }; look(); })"
        )

    def press(self, key: str, *, code: int, text: str = "") -> None:
        """Press and release a key where the focus is."""
        parameters = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **parameters)
        self.call("Input.dispatchKeyEvent", type="keyUp", **parameters)

    def type(self, text: str) -> None:
        """Write where the focus is."""
        self.call("Input.insertText", text=text)

    def events(self, method: str) -> list[Message]:
        """Return what came of one kind so far."""
        self.evaluate("1")  # what is under way comes before the answer
        wanted = (each for each in self._browser.events if each.get("sessionId") == self._session)
        return [each["params"] for each in wanted if each.get("method") == method]

    def complaints(self) -> list[Message]:
        """Return every message of the console, every exception and every violation of the page's policy."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [each for kind in kinds for each in self.events(kind)]

    def requested(self) -> set[str]:
        """Return the addresses that the page asked for, its own included."""
        return {each["request"]["url"] for each in self.events("Network.requestWillBeSent")}

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def accessible(self) -> list[Message]:
        """Return the nodes that a screen reader is given."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [each for each in nodes if not each["ignored"]]


def _high_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are none of the descriptors that the browser wants."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for each in ends)
    for each in ends:
        os.close(each)
    return high[0], high[1]
