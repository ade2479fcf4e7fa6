"""A probe reaches public addresses over https, and what its target and the operator both name; nothing else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_network

import pytest
from django.conf import LazySettings

from detections.probes.models import ProbeTarget
from detections.probes.outbound import GuardedConnect, ProbeRefused, allowed, guarded
from detections.probes.program import probe
from opsconsole.lib.outbound.guard import LookupFailed, OutboundRefused
from tests.detections.probes.samples import target
from tests.receivers.rollout import Rollout


@pytest.fixture
def operator(settings: LazySettings) -> Callable[..., None]:
    def name(*networks: str) -> None:
        settings.OUTBOUND_ALLOW = [ip_network(text) for text in networks]

    return name


def means(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: addresses


@pytest.mark.parametrize("wanted", ["10.1.2.3", "10.1.0.0/16", "10.0.0.0/8", "fd00::/64"])
def test_a_target_may_name_what_lies_within_the_operators_networks(wanted: str, operator: Callable[..., None]) -> None:
    operator("10.0.0.0/8", "fd00::/16")
    assert allowed(ProbeTarget(allow=[wanted])) == [ip_network(wanted)]


@pytest.mark.parametrize("wanted", ["10.0.0.0/7", "11.0.0.1", "0.0.0.0/0", "::/0", "fd00::/15", "10.0.0.1/8", "db", ""])
def test_it_names_nothing_beyond_them(wanted: str, operator: Callable[..., None]) -> None:
    operator("10.0.0.0/8", "fd00::/16")
    with pytest.raises(OutboundRefused, match=r"OPSCONSOLE_OUTBOUND_ALLOW \(now: 10.0.0.0/8, fd00::/16\)"):
        allowed(ProbeTarget(allow=[wanted]))


@pytest.mark.parametrize(
    ("network", "single"), [("169.254.0.0/16", "169.254.169.254"), ("64:ff9b::/96", "64:ff9b::a00:1")]
)
def test_naming_one_address_opens_nothing_that_the_operator_must_name_alone(
    network: str, single: str, operator: Callable[..., None]
) -> None:
    operator(network)
    with pytest.raises(OutboundRefused):
        allowed(ProbeTarget(allow=[single]))
    operator(network, single)
    assert allowed(ProbeTarget(allow=[single]))


@pytest.mark.parametrize(
    ("base", "allow", "meaning"),
    [
        ("https://db.internal", [], "10.0.0.5"),
        ("https://db.internal", ["10.0.0.6"], "10.0.0.5"),
        ("http://shop.example.com", [], "93.184.216.34"),  # in the clear
        ("https://metadata", ["169.254.0.0/16"], "169.254.169.254"),
    ],
)
def test_what_may_not_be_reached_ends_the_run_before_a_sample(
    base: str, allow: list[str], meaning: str, operator: Callable[..., None]
) -> None:
    operator("10.0.0.0/8", "169.254.0.0/16")
    rows: list[object] = []
    connect = guarded(ProbeTarget(allow=allow), base, means(meaning))
    with pytest.raises(ProbeRefused, match="may not be probed") as refused:
        probe.run_samples(target(base=base), rows.append, connect=connect)
    assert rows == []
    assert meaning in str(refused.value)


def test_a_name_is_looked_up_once_for_a_run(operator: Callable[..., None]) -> None:
    operator("127.0.0.0/8")
    asked: list[str] = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1" if len(asked) == 1 else "10.0.0.1"]

    with Rollout() as service:
        base = f"http://service.test:{service.port}"
        found = probe.Counters()
        connect = guarded(ProbeTarget(allow=["127.0.0.1"]), base, lookup)
        wanted = target(base=base, samples=20, concurrency=8, connection="fresh")
        probe.run_samples(wanted, found.add, connect=connect)
    assert (found.samples, found.failures, asked) == (20, 0, ["service.test"])


def test_a_name_that_is_not_found_is_a_failure_of_the_service_and_is_asked_again(operator: Callable[..., None]) -> None:
    answers = [LookupFailed("no such name"), LookupFailed("no such name")]

    def lookup(host: str, port: int) -> list[str]:
        raise answers.pop()

    rows: list[dict[str, object]] = []
    wanted = target(base="https://gone.test", samples=2, concurrency=1, retry_count=0)
    probe.run_samples(wanted, rows.append, connect=GuardedConnect("https://gone.test", (), lookup))
    assert [row["detail"] for row in rows] == ["host not found"] * 2
    assert answers == []


def test_an_address_that_hangs_holds_up_an_attempt_no_longer_than_its_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(2)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        connect = GuardedConnect("http://here", [ip_network("127.0.0.1/32")], means("127.0.0.1"))
        with pytest.raises(TimeoutError):
            connect("here", port, 0.1)
        for each in waiting:
            each.close()
