"""The contract of a channel (pure).

In: a notification. Out: `Sent`, `Retry` or `Rejected`.
Promises: a channel raises nothing because of its receiver, keeps no state between two messages, answers within
`DEADLINE`, uses no database, and tells no secret in a response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from detections.alerts.channels.notification import DeliveryOutcome, Notification

DEADLINE = 20.0  # seconds for all requests of a message; a sender's lease is longer


@dataclass(frozen=True)
class ChannelField:
    """A value that a target of the channel has. `help` says where to get it; a secret is sealed and never shown.
    `excludes`: the field that this one excludes; a value for either takes the place of the other's. `sent_to`: the
    field, shown to people, that says where this secret is sent; a stored one is not kept when that changes."""

    name: str
    label: str
    help: str
    secret: bool = False
    excludes: str = ""
    sent_to: str = ""


def no_problems(values: Mapping[str, str]) -> dict[str, str]:
    """For a channel without fields."""
    return {}


def never(values: Mapping[str, str]) -> bool:
    """For a channel of which it holds for no target."""
    return False


def always(values: Mapping[str, str]) -> bool:
    """For a channel of which it holds for every target."""
    return True


@dataclass(frozen=True)
class Channel:
    """A way to send messages. `check` gives a sentence for each field whose value cannot be used, by its name.

    `updates` says whether a target with these values changes a message by a later one of its episode. Where it does
    not, what is new is gathered into fewer messages. `by_key`: whether every target keeps something open by the key of
    an episode, as an incident or an issue, which only a message with that key ends. `pages`: whether a target with
    these values calls people at any hour, so that what never pages is not sent to it."""

    name: str
    label: str
    help: str
    send: Callable[[Notification], DeliveryOutcome]
    fields: tuple[ChannelField, ...] = ()
    check: Callable[[Mapping[str, str]], Mapping[str, str]] = no_problems
    updates: Callable[[Mapping[str, str]], bool] = never
    by_key: bool = False
    pages: Callable[[Mapping[str, str]], bool] = never
