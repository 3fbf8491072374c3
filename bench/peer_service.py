"""The peer's matcher behind HTTP: threatexchange's PDQIndex in a Flask application, for gunicorn.

HMA documents Flask under gunicorn with one worker; its own package needs a PostgreSQL database and a blob store beside
it, which cost it more time for each look-up than this does: so this stand-in flatters the peer. Its single look-up has
the form of `GET /m/raw_lookup`. It has no batches; a batch here is one request with a loop over the same call.

Run: gunicorn --workers 1 --chdir bench 'peer_service:create_app("hashes.npy")'
"""

from typing import Any

import numpy as np
from flask import Flask, jsonify, request
from threatexchange.signal_type.pdq.pdq_index import PDQIndex


def create_app(hashes: str) -> Flask:
    """Return the application over a file of PDQ hashes (uint8, n by 32)."""
    values = np.load(hashes)
    index = PDQIndex.build([(row.tobytes().hex(), number) for number, row in enumerate(values)])
    app = Flask(__name__)

    def status() -> str:
        return "I-AM-ALIVE"

    def raw_lookup() -> Any:  # what Flask returns
        return jsonify({"matches": _matches(index, request.args["signal"])})

    def raw_lookup_batch() -> Any:  # what Flask returns
        signals = request.get_json()["signals"]
        return jsonify({"results": [_matches(index, signal) for signal in signals]})

    app.add_url_rule("/status", view_func=status)
    app.add_url_rule("/m/raw_lookup", view_func=raw_lookup)
    app.add_url_rule("/m/raw_lookup_batch", view_func=raw_lookup_batch, methods=["POST"])
    return app


def _matches(index: PDQIndex, signal: str) -> list[dict[str, Any]]:
    return [
        {"bank_content_id": found.metadata, "distance": str(found.similarity_info.distance)}
        for found in index.query(signal)
    ]
