"""Names of source files without what builds and deploys put into them (pure)."""

from __future__ import annotations

import re
from functools import lru_cache

from detections.ingest.event.generated_names import without_generated

# Schemes under which a browser loads a bundle: its name and chunks change with each build. `webpack://./src/cart.ts`
# and `app:///src/cart.ts` are names of sources.
_URL = re.compile(
    r"(?:https?|file|blob|data|capacitor|ionic|tauri|applewebdata|resource|(?:chrome|moz|safari-web|safari|ms-browser)"
    r"-extension):",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|astro|jsbundle|bundle|hbc)$", re.IGNORECASE)
# Only what a bundler has made gets a build's hash without hexadecimal digits.
_BUNDLE = re.compile(r"\.(?:[cm]?js|css|jsbundle|bundle|hbc)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"([-._~])")
_HEX = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)
# Words of an identifier, also numbered: checkout, MyButton, useSQL, sha256. Base64 and base32 rarely look like them.
_WORDS = re.compile(r"[A-Z]?[a-z]++\d{0,3}(?:[A-Z][a-z]{2,}+\d{0,3}|[A-Z]{2,4}(?![a-z])\d{0,3})*")
# Rollup's and Vite's eight characters of URL-safe base64, which may have a dash or an underscore in them.
_BASE64 = re.compile(r"(?:^|[-.])(?=[\w-]{0,7}[0-9A-Z])([A-Za-z0-9_-]{8})$")
# Directories of one release or one process: 20260612120000, 1.4.2, v2.0, a commit, temporary ones, Twig's of a hash.
_PASSING = re.compile(
    r"v?\d+(?:\.\d+)*|[0-9a-f]{2}|[0-9a-f]{7,64}|tmp[0-9a-z_]{6,10}|ipykernel_\d+|releases?|current|~~.{1,60}",
    re.IGNORECASE,
)
_PACKAGE_VERSION = re.compile(r"[-@]v?\d+(?:\.[0-9A-Za-z]+)+$")
_BUILTIN = {"<anonymous>", "native", "native code", "[native code]"}
_ITEM_OF_ALL = re.compile(r"index \d{1,9}")  # `async Promise.all (index 3)`
_NO_FILE = {"<anonymous>", "[native code]", "native", "native code", "<unknown>", "unknown source", "sourcefile", "?"}


def is_builtin(path: str) -> bool:
    """Whether a frame without a line is of a JavaScript engine's own functions: `Array.map (<anonymous>)`. Any callback
    is called by them, so that they tell nothing of a fault."""
    return path in _BUILTIN or _ITEM_OF_ALL.fullmatch(path) is not None


def is_url(path: str) -> bool:
    """Whether a browser loaded the file by a URL."""
    return ":" in path and _URL.match(path) is not None


@lru_cache(maxsize=4096)
def is_script(path: str) -> bool:
    """Whether the file is JavaScript's or becomes it, whose functions minifiers rename."""
    return _SCRIPT.search(path.partition("?")[0]) is not None


@lru_cache(maxsize=4096)
def stable_file(path: str) -> str:
    """File and directory without builds' hashes, versions and queries: `/srv/v2/dist/cart-BfX9k2Qp.js?v=1` ->
    `dist/cart.js`. One directory, because the same file lies elsewhere on another machine. '' where it says nothing."""
    if path.strip().lower() in _NO_FILE:
        return ""
    parts = path.partition("?")[0].partition("#")[0].replace("\\", "/").split("/")
    name = without_generated(without_build_hash(parts[-1]))
    directories = [_PACKAGE_VERSION.sub("", part) for part in parts[:-1] if part not in {"", ".", ".."}]
    directory = next((part for part in reversed(directories) if not _PASSING.fullmatch(part)), "")
    return f"{directory}/{name}" if directory and not directory.endswith(":") else name


def without_build_hash(name: str) -> str:
    """`main.8f2a1c3d.chunk.js` -> `main.chunk.js`, `index-BfX9k2Qp.js` -> `index.js`, `4821.js` -> `.js`."""
    bundled = _BUNDLE.search(name)
    stem, ending = (name[: bundled.start()], bundled.group()) if bundled else _divided(name)
    if bundled and (tail := _BASE64.search(stem)) and not _is_words(tail.group(1)):
        stem = stem[: tail.start()]
    pieces = _SEPARATOR.split(stem)  # name, separator, name, ...
    kept = [] if bundled and _is_build_hash(pieces[0], bundled=True) else [pieces[0]]
    for separator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if not _is_build_hash(piece, bundled=bundled is not None):
            kept += (separator, piece)
    return "".join(kept).lstrip("-._~") + ending


def _divided(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def _is_build_hash(piece: str, *, bundled: bool) -> bool:
    """Hexadecimal with a digit; of bundles also a chunk's number, and seven characters or more that are no words."""
    if bundled and piece.isdigit():
        return True
    if _HEX.fullmatch(piece) and any(map(str.isdigit, piece)):
        return not piece.isdigit()
    return bundled and 7 <= len(piece) <= 64 and piece.isalnum() and not _is_words(piece)


def _is_words(piece: str) -> bool:
    """Whether each part is empty, of small letters, or an identifier's words."""
    parts = re.split("[-_]", piece)
    return all(not part or (part.isalpha() and part.islower()) or _WORDS.fullmatch(part) for part in parts)
