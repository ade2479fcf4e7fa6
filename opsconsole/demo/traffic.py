"""Sends the demo's errors with sentry-sdk, as the two applications would."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sentry_sdk

from opsconsole.demo.catalogue import PROJECTS, DemoProject, DemoRoute, rate_at, spike_rate
from opsconsole.demo.faults import FAULTS

# A spike starts every four minutes and lasts 90 s: long enough for an alert to fire and then to recover.
SPIKE_INTERVAL = timedelta(minutes=4)
SPIKE_DURATION = timedelta(seconds=90)
STEP = timedelta(seconds=1)
EXISTS_INTERVAL = timedelta(seconds=2)  # between checks whether `demo --remove` has deleted the demo


@dataclass
class Sender:
    """One demo application with its own SDK client."""

    project: DemoProject
    client: sentry_sdk.Client

    @classmethod
    def of(cls, project: DemoProject, dsn: str, transport: sentry_sdk.Transport | None = None) -> Sender:
        client = sentry_sdk.Client(
            dsn=dsn,
            environment="production",
            release=project.release,
            include_local_variables=True,
            default_integrations=False,
            server_name="demo",
            transport=transport,
        )
        return cls(project, client)

    def fail(self, route: DemoRoute, random: Random) -> None:
        """Raise the route's fault and report it as the SDK's web integrations do."""
        with sentry_sdk.isolation_scope() as scope:
            scope.set_client(self.client)
            scope.set_transaction_name(f"{route.method} {route.path}", source="route")
            scope.set_user(a_user(random))
            scope.set_tag("org_id", f"org_{random.randrange(5)}")
            scope.add_event_processor(_request_processor(route, random))
            try:
                FAULTS[route.fault](random)
            except Exception as error:
                event, hint = sentry_sdk.utils.event_from_exception(
                    error, client_options=self.client.options, mechanism={"type": "demo", "handled": False}
                )
                scope.capture_event(event, hint)


def a_user(random: Random) -> dict[str, str]:
    """One of the forty people who use the applications."""
    return {"id": f"user-{random.randrange(40)}"}


def _request_processor(route: DemoRoute, random: Random) -> Any:
    url = "https://demo.example" + route.path.replace("{id}", str(random.randrange(100, 9999)))

    def add(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
        event["request"] = {"method": route.method, "url": url, "headers": {"User-Agent": "demo"}}
        return event

    return add


def spiking(started: datetime, now: datetime, random_seed: int) -> DemoRoute | None:
    """The route that spikes at `now`, or None; determined by the times and the seed (pure)."""
    number, elapsed = divmod(now - started, SPIKE_INTERVAL)
    if number == 0 or elapsed >= SPIKE_DURATION:
        return None  # no spike in the first minutes, so that a visitor sees the normal state first
    routes = [route for project in PROJECTS for route in project.routes]
    return Random(f"{random_seed}:{number}").choice(routes)  # noqa: S311 - traffic, no secret


def due(
    senders: list[Sender], now: datetime, step: timedelta, spike: DemoRoute | None, random: Random
) -> Iterator[tuple[Sender, DemoRoute]]:
    """The failures of one step: each route as often as a Poisson draw of its rate says."""
    minutes = step / timedelta(minutes=1)
    for sender in senders:
        for route in sender.project.routes:
            rate = spike_rate(route) if route == spike else rate_at(route, now)
            for _ in range(poisson(random, rate * minutes)):
                yield sender, route


def poisson(random: Random, mean: float) -> int:
    """A Poisson draw by Knuth's method, which is fast for small means (pure)."""
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def send_forever(
    senders: list[Sender],
    seed: int,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    log: Callable[[str], object],
    exists: Callable[[], bool],
) -> None:
    """Send traffic step by step until the process is stopped or the demo no longer `exists`, checked every
    EXISTS_INTERVAL. Logs when a spike starts and ends."""
    started, random, previous_spike = now(), Random(seed), None  # noqa: S311 - traffic, no secret
    last_check = started
    while True:
        moment = now()
        if moment - last_check >= EXISTS_INTERVAL:
            if not exists():
                return
            last_check = moment
        spike = spiking(started, moment, seed)
        if spike != previous_spike:
            log(f"{spike.method} {spike.path} starts to fail" if spike else "back to normal")
            previous_spike = spike
        for sender, route in due(senders, moment, STEP, spike, random):
            sender.fail(route, random)
        sleep(STEP.total_seconds())
