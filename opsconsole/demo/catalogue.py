"""The two demo applications and the error rates of their routes (pure)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DemoRoute:
    """A route, its mean errors per minute over a day, and the name of the fault in `faults` that it raises."""

    method: str
    path: str
    per_minute: float
    fault: str


@dataclass(frozen=True)
class DemoProject:
    slug: str
    name: str
    release: str
    routes: tuple[DemoRoute, ...]


PROJECTS: tuple[DemoProject, ...] = (
    DemoProject(
        "demo-shop",
        "Demo: shop",
        "shop@2.14.0",
        (
            DemoRoute("GET", "/", 0.05, "template_missing"),
            DemoRoute("GET", "/products/{id}", 0.20, "product_not_priced"),
            DemoRoute("GET", "/search", 0.35, "search_timeout"),
            DemoRoute("POST", "/cart/items", 0.12, "stock_conflict"),
            DemoRoute("POST", "/checkout", 0.08, "payment_refused"),
            DemoRoute("POST", "/webhooks/payments", 0.03, "bad_signature"),
            DemoRoute("GET", "/orders/{id}/invoice.pdf", 0.06, "renderer_crashed"),
        ),
    ),
    DemoProject(
        "demo-planner",
        "Demo: planner",
        "planner@0.9.3",
        (
            DemoRoute("POST", "/api/solver/solve", 0.25, "solver_infeasible"),
            DemoRoute("GET", "/api/people/me", 0.04, "session_expired"),
            DemoRoute("GET", "/api/events", 0.10, "database_gone"),
            DemoRoute("PUT", "/api/assignments/{id}", 0.09, "stock_conflict"),
            DemoRoute("POST", "/api/imports", 0.05, "bad_date"),
        ),
    ),
)

# Few errors at night, most in the afternoon (UTC), so that a baseline by hour of the day shows its use.
NIGHT_SHARE = 0.4


def rate_at(route: DemoRoute, moment: datetime) -> float:
    """Expected errors per minute at `moment`: the daily mean times a sine over the day with mean 1."""
    hour = moment.hour + moment.minute / 60
    swing = 1 - NIGHT_SHARE
    return route.per_minute * (1 + swing * math.sin((hour - 9) / 24 * 2 * math.pi))


def spike_rate(route: DemoRoute) -> float:
    """Errors per minute during a spike: 30 times the mean and at least 20."""
    return max(20.0, route.per_minute * 30)
