"""Addresses of pages by name (no ORM)."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

# Stand for an argument of the type while the rest of an address is looked up. The converters of the project write
# numbers and UUIDs as `str` does.
_NUMBERS = tuple(range(9_200_000_001, 9_200_000_005))
_UUIDS = tuple(UUID(int=number << 64 | number) for number in _NUMBERS)
_PLACEHOLDERS: dict[type, tuple[object, ...]] = {int: _NUMBERS, UUID: _UUIDS}


def address(name: str, *args: object) -> str:
    """What `reverse(name, args=args)` returns, and raises NoReverseMatch as it does. For numbers and UUIDs the patterns
    are searched once for each name, not at each call: a list writes hundreds of addresses."""
    kinds = tuple(type(arg) for arg in args)
    parts = _parts(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), name, kinds)
    if parts is None or any(isinstance(arg, int) and arg < 0 for arg in args):
        return reverse(name, args=args)
    return parts[0] + "".join(f"{arg}{part}" for arg, part in zip(args, parts[1:], strict=True))


@lru_cache(maxsize=1024)
def _parts(urlconf: str, prefix: str, name: str, kinds: tuple[type, ...]) -> tuple[str, ...] | None:
    """The address between its arguments, of which each stands there once and in order; else None. The configuration of
    URLs and their prefix are arguments for the cache's sake: `reverse` reads them too."""
    if len(kinds) > len(_NUMBERS) or not _PLACEHOLDERS.keys() >= set(kinds):
        return None
    given = [_PLACEHOLDERS[kind][at] for at, kind in enumerate(kinds)]
    try:
        rest = reverse(name, args=given)
    except NoReverseMatch:
        return None
    parts = []
    for each in given:
        if rest.count(str(each)) != 1:
            return None
        part, _, rest = rest.partition(str(each))
        parts.append(part)
    return (*parts, rest)
