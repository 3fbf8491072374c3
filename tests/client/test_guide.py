"""The samples of the guide, as they stand there, against a service on loopback."""

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import skimage
import uvicorn
from tests.api.conftest import EVERY_ROLE

from rempart.api import Application
from rempart.node import NodeFolder, open_node
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import create_key
from rempart.node.service import Service
from rempart.node.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-python-client.md"


class _Announced(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, application: Any) -> None:
        super().__init__(uvicorn.Config(application, port=0, lifespan="on", log_config=None))
        self.listens = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@pytest.fixture
def served(new_node: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Serve a node on loopback; give its address and a key."""
    folder = NodeFolder(tmp_path / "node")
    shutil.copytree(new_node, folder.path)
    with open_node(folder) as node:
        key = create_key(node, KeyRequest(roles=EVERY_ROLE)).text
    settings = Settings(serve_workers=1, workers=1)
    server = _Announced(Application(lambda: Service.open(folder, settings)))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listens.wait(60)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", key
    server.should_exit = True
    thread.join()


@pytest.mark.enable_socket
def test_samples_of_the_guide_run(
    served: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REMPART_URL", served[0])
    monkeypatch.setenv("REMPART_KEY", served[1])
    monkeypatch.setenv("PICTURE", str(Path(skimage.__file__).parent / "data" / "coffee.png"))
    monkeypatch.chdir(tmp_path)
    samples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)

    assert len(samples) >= 6
    exec(compile("\n".join(samples), str(GUIDE), "exec"), {})  # noqa: S102 - our own page

    said = capsys.readouterr().out
    assert "upload-1 list-a pdq 0 None" in said
    assert "upload-2 ok" in said
    assert "precondition" in said
    assert "404 list-unknown" in said
    assert said.endswith("1\n")
    assert "3c" * 32 in (tmp_path / "exercise.csv").read_text()
