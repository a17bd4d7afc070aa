"""`make parts`: bring Chromium and Kafka for the tests, or say which tests are left out.

Never fails: what is missing is said here and again by each test; where CI=true those tests fail.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess

from tests.services import chromium, kafka

POM = kafka.ROOT / "tests" / "kafka" / "pom.xml"
STAMP = kafka.JARS.parent / "stamp"


def main() -> None:
    """Bring each part that is not there yet."""
    if chromium.executable() is None:
        _install("chromium")
    if chromium.executable() is None:
        print("parts: no Chromium; tests marked `browser` are left out (install chromium)")
    if not _jars_are_those_of_the_pom():
        _bring_kafka()
    if not kafka.available():
        print("parts: no Kafka; tests marked `kafka` are left out (install a JRE and Maven)")


def _jars_are_those_of_the_pom() -> bool:
    return kafka.available() and STAMP.exists() and STAMP.read_text() == _digest()


def _bring_kafka() -> None:
    if shutil.which("java") is None:
        _install("default-jre-headless")
    if shutil.which("mvn") is None:
        _install("maven")
    if shutil.which("mvn") is None:
        return
    print("parts: Kafka's jars into .tools/kafka")
    shutil.rmtree(kafka.JARS, ignore_errors=True)
    copy = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    if _succeeds([*copy, f"-DoutputDirectory={kafka.JARS}"]):
        STAMP.write_text(_digest())


def _install(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"parts: {package}, from the system's packages", flush=True)
    # An image may hold no package list, or an old one.
    if _succeeds(["apt-get", "update", "-qq"]):
        _succeeds(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package])


def _succeeds(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"parts: {command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.returncode == 0


def _digest() -> str:
    return hashlib.sha256(POM.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
