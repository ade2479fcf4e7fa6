"""The one row type between the wire and the digest (pure): a request as received, accepted, stored and claimed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

# What the endpoints take; a security report is stored as the event of a store request.
ENVELOPE, STORE, SECURITY = "envelope", "store", "security"


class InboxRow(NamedTuple):
    """A request of a client. `accept` checks and completes it, `inbox.insert` stores it, the digest reads it back.

    Nothing in it is scrubbed. `event_id` is the id that the client is answered: made by the console until `accept` has
    read one from the request. An empty `body` after `accept` means that nothing in the request is used.
    """

    project_id: int
    format: str  # ENVELOPE or STORE; as received also SECURITY
    received_at: datetime
    event_id: UUID
    body: bytes
    encoding: str  # content encoding of `body`, lower case; "" for none
    size: int | None  # bytes of `body` when decoded; None in rows older than the column
    attempts: int = 0  # how often the digest has quarantined it
    sender: str = ""  # address of the client; "" where it is not known
    id: int = 0  # 0 until it is stored


# Columns of detections_inbox in the order of the fields, without the id.
COLUMNS = InboxRow._fields[:-1]
