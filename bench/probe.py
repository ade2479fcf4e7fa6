"""Measures the probe on this machine: `python bench/probe.py [PROGRAM]`.

Starts a local service that answers at once in a process of its own, lets `bin/opsconsole-probe` (or PROGRAM, another
state of it) take 10,000 samples at concurrency 64, and prints samples a second, the CPU of a sample and of its answer,
how many processes wanted the cores meanwhile, and how the memory of the probe grew between 1,000 and 10,000 samples.
Aim: 1,500 a second on two shared cores, memory flat.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "bin" / "opsconsole-probe"


class Service(asyncio.Protocol):
    """Answers each request at once, as the rollout of seed 003 does."""

    numbers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.waiting) < end + 4 + length:
                return
            self.waiting = self.waiting[end + 4 + length :]
            self.transport.write(self._answer())  # type: ignore[attr-defined]

    def _answer(self) -> bytes:
        Service.numbers += 1
        bucket = Service.numbers * 37 % 100
        variant = "canary" if bucket < 10 else "control"
        meta = {"rollout_variant": variant, "rollout_bucket": bucket, "policy_version": "p-7"}
        body = json.dumps({"meta": meta, "reply": "x" * 200}).encode()
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            f"x-aurora-variant: {variant}\r\nx-aurora-bucket: {bucket}\r\nx-aurora-policy-version: p-7\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def serve(port: Connection) -> None:
    """The process of the service."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def measure(program: Path, base: str, samples: int) -> tuple[float, float, int]:
    """Samples a second, CPU of the probe in ms a sample, its largest memory in KiB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(program), "--base", base, "--samples", str(samples), "--concurrency", "64"]
        started = time.monotonic()
        process = subprocess.Popen(
            [*command, "--out-dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        assert os.waitstatus_to_exitcode(status) == 0
    return samples / seconds, 1000 * (used.ru_utime + used.ru_stime) / samples, used.ru_maxrss


def cpu_of(process: int) -> float:
    """The CPU that a running process has used, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    program = Path(sys.argv[1]) if len(sys.argv) > 1 else PROGRAM
    here, there = multiprocessing.Pipe()
    service = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    service.start()
    base = f"http://127.0.0.1:{here.recv()}"
    print(f"{'samples':>8} {'a second':>9} {'CPU ms/sample':>14} {'service':>8} {'memory MiB':>11} {'load':>6}")
    for samples in (1_000, 10_000, 10_000, 10_000):
        before = cpu_of(service.pid or 0)
        rate, cpu, memory = measure(program, base, samples)
        served = 1000 * (cpu_of(service.pid or 0) - before) / samples
        print(
            f"{samples:>8} {rate:>9.0f} {cpu:>14.2f} {served:>8.2f} {memory / 1024:>11.1f} {os.getloadavg()[0]:>6.1f}"
        )
    service.terminate()


if __name__ == "__main__":
    main()
