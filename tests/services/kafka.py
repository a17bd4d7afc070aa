"""Real Kafka for tests: KRaft nodes, one or three, started from the jars in .tools/kafka/lib."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".tools" / "kafka" / "lib"
LOGGING = ROOT / "tests" / "kafka" / "log4j2.properties"
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"  # any 16 bytes, in base64url

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
num.partitions=3
auto.create.topics.enable=false
offsets.topic.num.partitions=3
auto.create.topics.enable=false
offsets.topic.replication.factor={copies}
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={copies_in_sync}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={copies_in_sync}
min.insync.replicas={copies_in_sync}
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


class Seat(NamedTuple):
    """A node's number and its two ports."""

    node: int
    port: int
    controller: int


class Broker:
    """One broker that a test may stop and start again over the same data."""

    def __init__(
        self, folder: Path, *, seats: Sequence[Seat] = (), place: int = 0, heap_mb: int = 512
    ) -> None:
        seats = seats or free_seats(1)
        self._folder, self._heap_mb = folder, heap_mb
        self._log = folder / "broker.log"
        node, self._port, controller = seats[place]
        self._config = folder / "server.properties"
        self._config.write_text(
            PROPERTIES.format(
                broker=self._port, controller=controller, folder=folder, node=node,
                voters=",".join(f"{one.node}@127.0.0.1:{one.controller}" for one in seats),
                copies=len(seats), copies_in_sync=max(len(seats) - 1, 1),
            )
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        arguments = ("format", "-t", CLUSTER, "-c", str(self._config))
        command = _command("kafka.tools.StorageTool", *arguments, heap_mb=heap_mb)
        subprocess.run(command, check=True, capture_output=True)

    @property
    def servers(self) -> str:
        """What MASTERY_KAFKA_SERVERS would hold."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the broker and wait until it accepts connections.

        Raises:
            KafkaNotStartedError: it ended, or did not answer in START_SECONDS_MAX.
        """
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start the broker, and wait for nothing."""
        command = _command("kafka.Kafka", str(self._config), heap_mb=self._heap_mb)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)

    def wait(self) -> None:
        """Wait until the broker accepts connections; raises as `start` does."""
        assert self._process is not None
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

    def freeze(self) -> None:
        """Stop the broker where it stands: it holds its connections and answers nothing.

        Its threads go on until the kernel has stopped each, which a busy machine shows.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class Cluster:
    """Brokers with each partition on all of them, and written where all but one have it."""

    def __init__(self, folder: Path, *, count: int) -> None:
        seats = free_seats(count)
        self.brokers: list[Broker] = []
        for place in range(len(seats)):
            own = folder / f"node-{place + 1}"
            own.mkdir()
            self.brokers.append(Broker(own, seats=seats, place=place, heap_mb=256))

    @property
    def servers(self) -> str:
        """What MASTERY_KAFKA_SERVERS would hold."""
        return ",".join(one.servers for one in self.brokers)


@contextmanager
def cluster_running(folder: Path, *, count: int = 3) -> Generator[Cluster]:
    """Start so many brokers over empty folders, and stop them afterwards."""
    cluster = Cluster(folder, count=count)
    with ExitStack() as stack:
        for broker in cluster.brokers:
            broker.begin()
            stack.callback(broker.kill)
        for broker in cluster.brokers:
            broker.wait()
        yield cluster


@contextmanager
def running(folder: Path) -> Generator[Broker]:
    """Start a broker over an empty folder, and stop it afterwards."""
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def free_seats(count: int) -> list[Seat]:
    """Find ports for so many nodes."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(2 * count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        ports = [int(one.getsockname()[1]) for one in found]
    return [Seat(node, *ports[2 * node - 2 : 2 * node]) for node in range(1, count + 1)]


def _command(main: str, *arguments: str, heap_mb: int) -> list[str]:
    return [
        "java",
        "-Xms64m",
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # starts in half the time; no test runs long enough for more
        f"-Dlog4j2.configurationFile={LOGGING}",
        "-cp",
        f"{JARS}/*",
        main,
        *arguments,
    ]
