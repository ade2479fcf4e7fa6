# Sourced by the commands beside it: finds the project, makes .venv when it is missing or out of date.
#   setup run|dev      run = requirements.txt, dev = requirements-dev.txt
# Afterwards: $ROOT (the project), $PY (the environment's python).

ROOT=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
PY=$ROOT/.venv/bin/python
: "${OPSCONSOLE_DATA:=$ROOT/var}"
export OPSCONSOLE_DATA ROOT
# The project is found from any directory, and the caller's directory never hides a module of it.
PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
PYTHONSAFEPATH=1
export PYTHONPATH PYTHONSAFEPATH
# Threads of one process share two heaps in place of one each: the console's processes are small and many.
: "${MALLOC_ARENA_MAX:=2}"
export MALLOC_ARENA_MAX

# 3.11 to 3.14: every pin has wheels for them; the newest that is tested comes first. A candidate counts only when it
# runs: version managers put stubs on the PATH that merely say that the version is not installed.
find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python \
        python3.14 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11; do
        [ -n "$candidate" ] || continue
        found=$("$candidate" -c 'import sys; print(sys.executable) if (3, 11) <= sys.version_info < (3, 15) else None' \
            2>/dev/null) || continue
        [ -n "$found" ] && return 0
    done
    echo "opsconsole needs Python 3.11 to 3.14, and found none of them on the PATH." >&2
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or set PYTHON=/path/to/python3.13." >&2
    return 1
}

setup() {
    stamp=$(cat "$ROOT/.venv/installed-$1" 2>/dev/null)
    [ -n "$stamp" ] && [ "$stamp" = "$(requirements_hash)" ] && "$PY" -c '' 2>/dev/null && return 0
    find_python || exit 1
    "$found" "$ROOT/bin/_install.py" "$1" "$(requirements_hash)" || exit 1
}

requirements_hash() {
    cat "$ROOT/requirements.txt" "$ROOT/requirements-dev.txt" | cksum | tr ' ' -
}
