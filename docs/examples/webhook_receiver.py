"""Takes webhooks: checks the signature, the time and the id, and writes one line a change.

    WEBHOOK_SECRET=whsec_... python webhook_receiver.py 127.0.0.1 8080

For a test on your own machine; in production your web framework does the listening, and `verified`
and a table of ids the rest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

AGE_S_MAX = 300
SEEN: set[str] = set()
"""Keep these in your database, in the transaction that takes the change over."""


def verified(body: bytes, headers: Mapping[str, str], *, secret: str, now: float) -> bool:
    """Tell whether the ledger sent this, lately (Standard Webhooks)."""
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(now - int(at)) > AGE_S_MAX:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(code).decode()}"
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted, one) for one in given)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 once a change is kept; the ledger sends it again for any other answer."""

    def do_POST(self) -> None:
        """Take one change."""
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        genuine = verified(
            body, dict(self.headers), secret=os.environ["WEBHOOK_SECRET"], now=time.time()
        )
        if genuine and self.headers["webhook-id"] not in SEEN:
            event = json.loads(body)
            change, erased = event["data"], event["type"] == "mastery.learner-erased.v1"
            said = "erased: delete all you hold" if erased else change["to_state"]
            print(change["sequence"], change["learner"], said, flush=True)
            SEEN.add(self.headers["webhook-id"])
        self.send_response(204 if genuine else 401)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer((sys.argv[1], int(sys.argv[2])), Receiver).serve_forever()
