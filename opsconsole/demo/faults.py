"""The failures of the demo applications: exceptions with real stack traces and local variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from random import Random


class PaymentError(Exception):
    """The payment provider refused a charge."""


class SolverError(Exception):
    """No plan satisfies the constraints."""


class RenderError(Exception):
    """A document could not be rendered."""


def template_missing(random: Random) -> None:
    template = random.choice(["home.html", "banner_autumn.html"])
    _load({}, template)


def _load(templates: dict[str, str], name: str) -> str:
    return templates[name]


def product_not_priced(random: Random) -> None:
    product = {"id": random.randrange(1000, 9999), "name": "Kettle", "price": None}
    _format_price(product)


def _format_price(product: dict[str, object]) -> str:
    return f"{float(product['price']):.2f} EUR"  # type: ignore[arg-type]


def search_timeout(random: Random) -> None:
    query, waited = random.choice(["kettle", "blue lamp", "usb"]), round(random.uniform(3, 5), 2)
    raise TimeoutError(f"search index did not answer {query!r} within {waited} s")


def stock_conflict(random: Random) -> None:
    version = random.randrange(3, 40)
    raise RuntimeError(f"row was changed by somebody else: expected version {version}, found {version + 1}")


def payment_refused(random: Random) -> None:
    order = random.randrange(10_000, 99_999)
    _charge(order, card="4111 1111 1111 1111")


def _charge(order: int, card: str) -> None:
    # The card number shows that the console scrubs events before it stores them.
    raise PaymentError(f"provider refused order {order}: card {card} declined")


def bad_signature(random: Random) -> None:
    raise PermissionError(f"webhook {random.randrange(10**6)}: signature does not match")


def renderer_crashed(random: Random) -> None:
    try:
        _draw(pages=0)
    except ZeroDivisionError as error:
        raise RenderError("invoice has no pages") from error


def _draw(pages: int) -> float:
    return 297 / pages


def solver_infeasible(random: Random) -> None:
    people, shifts = random.randrange(20, 80), random.randrange(100, 300)
    raise SolverError(f"infeasible: {people} people cannot cover {shifts} shifts")


def session_expired(random: Random) -> None:
    json.loads("{'user':")


def database_gone(random: Random) -> None:
    raise ConnectionError("database connection pool exhausted")


def bad_date(random: Random) -> None:
    date.fromisoformat(f"2026-13-{random.randrange(10, 28)}")


FAULTS: dict[str, Callable[[Random], None]] = {
    f.__name__: f
    for f in (
        template_missing,
        product_not_priced,
        search_timeout,
        stock_conflict,
        payment_refused,
        bad_signature,
        renderer_crashed,
        solver_infeasible,
        session_expired,
        database_gone,
        bad_date,
    )
}
