"""A real Kafka broker for tests: one KRaft node, started from the jars in .tools/kafka/lib."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".tools" / "kafka" / "lib"
LOGGING = ROOT / "tests" / "kafka" / "log4j2.properties"
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"  # any 16 bytes, in base64url

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
"""


def available() -> bool:
    """Say whether Java and the jars are here."""
    return shutil.which("java") is not None and any(JARS.glob("kafka_2.13-*.jar"))


class KafkaNotStartedError(RuntimeError):
    """The broker ended or stayed silent; holds the end of its log."""

    def __init__(self, log: Path) -> None:
        super().__init__(log.read_text(errors="replace")[-4000:])


class Broker:
    """One broker that a test may stop and start again over the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "broker.log"
        self._port, controller = _free_ports()
        self._config = folder / "server.properties"
        self._config.write_text(
            PROPERTIES.format(broker=self._port, controller=controller, folder=folder)
        )
        self._process: subprocess.Popen[bytes] | None = None
        _java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self._config))

    @property
    def servers(self) -> str:
        """What MASTERY_KAFKA_SERVERS would hold."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the broker and wait until it accepts connections.

        Raises:
            KafkaNotStartedError: it ended, or did not answer in START_SECONDS_MAX.
        """
        command = _command("kafka.Kafka", str(self._config))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        self.kill()
        raise KafkaNotStartedError(self._log)

    def stop(self) -> None:
        """Ask the broker to end, and end it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the broker at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running(folder: Path) -> Generator[Broker]:
    """Start a broker over an empty folder, and stop it afterwards."""
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def _command(main: str, *arguments: str) -> list[str]:
    return [
        "java",
        "-Xms128m",
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",  # starts in half the time; no test runs long enough for more
        f"-Dlog4j2.configurationFile={LOGGING}",
        "-cp",
        f"{JARS}/*",
        main,
        *arguments,
    ]


def _java(main: str, *arguments: str) -> None:
    subprocess.run(_command(main, *arguments), check=True, capture_output=True)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
