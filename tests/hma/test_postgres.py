"""HMA's routes over a store in PostgreSQL."""

from pathlib import Path

from tests.hma.running import Running, write_settings
from tests.hma.test_banks import A, B, make_bank

from rempart.model.principals import OrganisationKind
from rempart.node import create_node
from rempart.node.hma import fetch_exchanges


def test_banks_contents_and_exchanges_live_in_postgresql(postgres_url: str, tmp_path: Path) -> None:
    create_node(
        tmp_path / "node",
        organisation="Exercise Node",
        kind=OrganisationKind.PLATFORM,
        jurisdiction="FR",
        is_exercise=True,
        store=postgres_url,
    ).close()
    write_settings(tmp_path / "node", {"store": postgres_url})
    with Running(tmp_path / "node") as running:
        client = running.client()
        make_bank(client, enabled_ratio="1")
        assert client.post("/c/banks", json={"name": "EXERCISE_A"}).status_code == 403
        assert client.add_signal("EXERCISE_A", pdq=A, metadata={"a": [1]}, note="n") == 1
        assert client.add_signal("EXERCISE_A", pdq=B) == 2
        assert client.lookup(A) == {"EXERCISE_A": [{"bank_content_id": 1, "distance": "0"}]}
        client.put("/c/bank/EXERCISE_A/content/1", json={"disable_until_ts": 0})
        running.settle()
        assert client.lookup(A) == {}
        assert client.delete("/c/bank/EXERCISE_A/content/2").json() == {"deleted": 1}
        created = client.post("/c/exchanges", json={"bank": "SAMPLE", "api": "sample"})
        assert created.status_code == 201
        assert fetch_exchanges(running.node) == 1
        assert client.get("/c/exchange/SAMPLE/status").json()["fetched_items"] == 18
        credentials = {"credential_json": {"api_token": "12345789|000000000000"}}
        kept = client.post("/c/exchanges/api/fb_threatexchange", json=credentials)
        assert kept.json()["has_set_authentification"] is True
        partner = {"bank": "PARTNER", "api": "fb_threatexchange", "api_json": {"privacy_group": 7}}
        assert client.post("/c/exchanges", json={**partner, **credentials}).status_code == 201
        own = client.post("/c/exchange/PARTNER/credentials", json=credentials)
        assert own.json()["source"] == "exchange"
        cleared = client.post("/c/exchange/PARTNER/credentials", json={"credential_json": None})
        assert cleared.json()["source"] == "api"
        client.post("/c/exchange/PARTNER/credentials", json=credentials)
        assert client.delete("/c/exchange/PARTNER").status_code == 200
        secrets = running.node.store.secrets
        assert not [each for each in secrets.all() if each.startswith("hma-exchange:")]
        assert client.post("/c/exchanges", json={**partner, **credentials}).status_code == 201
        assert client.post("/dev/factory_reset").status_code == 302
        assert client.get("/c/banks").json() == []
        assert not [each for each in secrets.all() if each.startswith("hma-exchange")]
