"""Authentication: the public key from headers, query string and envelope, which must agree (pure)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from detections.ingest.protocol.errors import ASK_DSN, Refused

_KEY = re.compile(r"[0-9a-f]{32}")
WAYS = "allowed: X-Sentry-Auth, Authorization: Sentry …, ?sentry_key=…, or dsn in the envelope header"


class Credentials(NamedTuple):
    """A well-formed public key and the client's name ('' when it sends none)."""

    public_key: str
    client: str


@lru_cache(maxsize=512)  # an SDK sends the same header each time
def from_request(sentry_header: str, authorization: str, query: str) -> Credentials | None:
    """The credentials in headers and query string; None when there are none. Raises Refused (401) as `with_dsn`."""
    sources: list[dict[str, str]] = []
    for header in (sentry_header, authorization):
        fields = _fields(header)
        if fields:
            sources.append(fields)
    if "sentry_" in query:
        pairs = [(name, value) for name, value in parse_qsl(query) if name.startswith("sentry_")]
        sources += [{name: value} for name, value in pairs]  # one by one: repeated parameters must agree, too
    keys = {key for fields in sources if (key := fields.get("sentry_key"))}
    if not keys:
        return None
    client = next((fields["sentry_client"] for fields in sources if "sentry_client" in fields), "")
    return Credentials(_one_key(keys), client[:60])


def with_dsn(credentials: Credentials | None, dsn: object, project_id: int) -> Credentials:
    """The credentials, checked against the envelope's `dsn` (None: it has none) and completed by it.

    Raises Refused (401): no key at all, a malformed key, or two sources that differ in key or project.
    """
    if dsn is None:
        if credentials is None:
            raise Refused(401, "No key was sent.", WAYS, ASK_DSN)
        return credentials
    key, project = _dsn(dsn)
    if project != str(project_id):
        raise Refused(401, "The envelope's DSN is of another project than the address.", "dsn", ASK_DSN)
    if credentials is None:
        return Credentials(_one_key({key}), "")
    _one_key({key, credentials.public_key})
    return credentials


def _one_key(keys: set[str]) -> str:
    if len(keys) > 1:
        raise Refused(401, "The request carries contradicting keys.", WAYS)
    (key,) = keys
    key = key.lower()
    if not _KEY.fullmatch(key):
        raise Refused(401, "The key is malformed.", "sentry_key: expected 32 hexadecimal digits", ASK_DSN)
    return key


def _fields(header: str) -> dict[str, str]:
    """`Sentry sentry_key=…, sentry_version=7` as a mapping; {} for other schemes (a proxy's Basic or Bearer)."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "sentry":
        return {}
    pairs = (part.partition("=") for part in rest.split(","))
    return {name.strip(): unquote(value.strip().strip('"')) for name, _, value in pairs}


def _dsn(dsn: object) -> tuple[str, str]:
    try:
        parts = urlsplit(dsn if isinstance(dsn, str) else "")
    except ValueError:
        parts = urlsplit("")
    key, project = parts.username or "", parts.path.rstrip("/").rpartition("/")[2]
    if not key or not project:
        raise Refused(401, "The envelope's DSN is malformed.", "dsn: expected http(s)://KEY@HOST/PROJECT", ASK_DSN)
    return key, project
