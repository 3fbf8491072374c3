"""The demonstration's service: it answers, it is gone in the end, and a start that fails says why."""

from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from rempart.model.principals import OrganisationKind
from rempart.node import create_node, demo


@pytest.fixture
def folder(tmp_path: Path) -> demo.DemoFolder:
    place = demo.DemoFolder(tmp_path)
    create_node(
        place.node,
        organisation="Exercise",
        kind=OrganisationKind.PLATFORM,
        jurisdiction="FR",
        is_exercise=True,
    ).close()
    return place


@pytest.mark.enable_socket
def test_service_answers_for_a_posted_picture_and_is_gone_afterwards(
    folder: demo.DemoFolder, tmp_path: Path
) -> None:
    picture = tmp_path / "gradient.png"
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(picture)
    with demo.open_demo_node(folder) as node, demo.serving(folder, node) as service:
        (record,) = service.scan([picture])
        assert (record["reference"], record["outcome"]) == ("gradient.png", "ok")
        assert record["matches"] == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{service.address}/health/live")


def test_service_that_cannot_start_says_why(folder: demo.DemoFolder) -> None:
    with demo.open_demo_node(folder) as node:
        (folder.node / "node.toml").write_text("serve_workers = 'many'\n", encoding="utf-8")
        with (
            pytest.raises(demo.DemoServiceError, match="serve_workers"),
            demo.serving(folder, node),
        ):
            pass
