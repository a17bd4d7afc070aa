"""Clients that submit evidence over HTTP, and send again what they have no answer to."""

from __future__ import annotations

import http.client
import json
import random
import time
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

COMPETENCIES = tuple(f"https://skills.example/welding/{number}" for number in range(8))
LEARNERS = 60
BATCH_MAX = 25
AGAIN_OF_TEN = 2  # so many batches of ten end with items that were acknowledged before
PAUSE_S = 0.05
TIMEOUT_S = 60.0


class Acknowledged(NamedTuple):
    """What the ledger said it has."""

    evidence: str
    position: int


class Load:
    """What all clients have sent and heard."""

    def __init__(self, port: int, token: str, *, seed: int) -> None:
        self._port, self._token, self._seed = port, token, seed
        self._lock = Lock()
        self._stop = Event()
        self._threads: list[Thread] = []
        self.acknowledged: dict[str, Acknowledged] = {}
        self.sent: set[str] = set()
        self.requests = self.answered = self.unanswered = self.unavailable = self.duplicates = 0
        self.wrong: list[str] = []
        """Answers that should never be given."""

    def start(self, clients: int) -> None:
        """Set clients to work."""
        self._threads = [
            Thread(target=self._run, args=(number,), daemon=True) for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every client get an answer to its last batch."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        self.wrong += ["a client got no answer at all"] * sum(t.is_alive() for t in self._threads)

    def _run(self, number: int) -> None:
        draw = random.Random(f"{self._seed}/{number}")
        mine: list[dict[str, Any]] = []
        while not self._stop.is_set():
            new = [
                item(f"{number}-{len(mine) + place}", draw)
                for place in range(draw.randint(1, BATCH_MAX))
            ]
            mine += new
            again = draw.choices(mine, k=3) if draw.randrange(10) < AGAIN_OF_TEN else []
            self._deliver(new + again)

    def _deliver(self, items: list[dict[str, Any]]) -> None:
        """Send until there is an answer: that is all a provider has to do."""
        body = json.dumps(items).encode()
        with self._lock:
            self.sent |= {one["id"] for one in items}
        while True:
            status, answer = self._post(body)
            if status == 200:
                self._take(items, json.loads(answer)["items"])
                return
            if status not in {0, 503}:
                self.wrong.append(f"status {status}: {answer[:300]!r}")
            time.sleep(PAUSE_S)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        """Post once; status 0 is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        status, answer = 0, b""
        try:
            connection.request("POST", "/v1/evidence", body, headers)
            response = connection.getresponse()
            answer, status = response.read(), response.status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            connection.close()
        with self._lock:
            self.requests += 1
            self.answered += status == 200
            self.unanswered += status == 0
            self.unavailable += status == 503
        return status, answer

    def _take(self, items: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
        with self._lock:
            if len(items) != len(answers):
                self.wrong.append(f"{len(answers)} answers to {len(items)} items")
            for one, answer in zip(items, answers, strict=False):
                if answer["status"] not in {"accepted", "duplicate"}:
                    self.wrong.append(f"{one['id']}: {answer}")
                    continue
                self.duplicates += answer["status"] == "duplicate"
                found = Acknowledged(answer["evidence"], answer["position"])
                before = self.acknowledged.setdefault(one["id"], found)
                if before != found:
                    self.wrong.append(f"{one['id']} was {before} and is {found}")


def item(name: str, draw: random.Random) -> dict[str, Any]:
    """Make a piece of evidence, in our own JSON."""
    return {
        "id": name,
        "kind": "assessment",
        "learner": {"id": f"student-{draw.randrange(LEARNERS)}"},
        "occurred_at": f"2026-03-{draw.randint(1, 28):02}T10:00:00Z",
        "alignments": [{"competency": draw.choice(COMPETENCIES)}],
        "result": {"score": draw.randint(0, 100), "max": 100},
        "narrative": "seen at the bench",
    }
