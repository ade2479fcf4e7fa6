"""The console itself as a channel: nothing leaves; the page shows what would have been sent, and to whom (pure).

It is the default until a real channel is configured, so that a fresh install can be tried out whole.
"""

from __future__ import annotations

from detections.alerts.channels.envelope import Envelope, Sent
from detections.alerts.messages import render


def send(envelope: Envelope) -> Sent:
    """Always succeeds; the response is the message as it would have gone out."""
    to = f"{envelope.stands_for} {envelope.address}".strip()
    return Sent(f"Shown here only; would have gone to {to}:\n\n{render(envelope.facts).text}")
