"""Which errors say that PostgreSQL is away, and which that it answered."""

from __future__ import annotations

# Of SQLSTATE: the connection's exceptions; the server is shut down, starts or was killed.
_AWAY = ("08", "57P")
_TOO_MANY_CONNECTIONS = "53300"


def is_away(error: BaseException) -> bool:
    """Whether an error, Django's or psycopg's, leaves open that PostgreSQL answers.

    An error that PostgreSQL itself sent has a SQLSTATE: a full disk, a deadlock and a cancelled statement are
    OperationalErrors too. A connection that fails, breaks or is given up (`bounded.within`) has none.
    """
    state = _sqlstate(error)
    return state is None or state.startswith(_AWAY)


def passes_soon(error: BaseException) -> bool:
    """Whether the same request may succeed later: PostgreSQL is away, or has no connection left."""
    return is_away(error) or _sqlstate(error) == _TOO_MANY_CONNECTIONS


def _sqlstate(error: BaseException) -> str | None:
    state: str | None = getattr(error.__cause__ or error, "sqlstate", None)
    return state
