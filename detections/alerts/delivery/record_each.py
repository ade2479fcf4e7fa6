"""Records outcomes of which PostgreSQL may refuse one: that message is tried again, and holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError

from detections.alerts.channels.notification import DeliveryOutcome, Retry
from detections.alerts.delivery.outbox import record_outcomes
from detections.alerts.delivery.send_one import error_text
from detections.alerts.delivery_models import Delivery

logger = logging.getLogger(__name__)


def record_each(outcomes: Sequence[tuple[Delivery, DeliveryOutcome]], now: datetime) -> None:
    """Records all at once; where that is refused one by one, and a refused one as a Retry. Raises OperationalError and
    InterfaceError while PostgreSQL is away."""
    try:
        record_outcomes(outcomes, now)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError):
        for delivery, outcome in outcomes:
            _record(delivery, outcome, now)


def _record(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
    try:
        record_outcomes([(delivery, outcome)], now)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError) as error:
        logger.error("the outcome of delivery %s cannot be stored: %s", delivery.pk, error_text(error))
        record_outcomes([(delivery, Retry(f"The answer cannot be stored: {type(error).__name__}"))], now)
