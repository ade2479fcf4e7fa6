"""Names of releases as people read them (pure)."""

from __future__ import annotations

import re

SHOWN = 12  # characters of a hash: as Sentry and git show those that are to stay unique
# A commit's SHA-1 or SHA-256, alone or in a name such as `raptor@2.4.1+<hash>`.
_HASH = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z])")


def short_release(name: str) -> str:
    """The name with each full hash of a commit cut to its first SHOWN characters. For showing, never for comparing."""
    return _HASH.sub(lambda found: found[0][:SHOWN], name)
