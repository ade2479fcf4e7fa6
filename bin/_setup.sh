# Sourced by the commands in bin/: finds the project, creates .venv if it is missing or out of date.
#   setup run|dev      run = requirements.txt, dev = requirements-dev.txt
# Afterwards: $ROOT (the project), $PY (the environment's python).

ROOT=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
PY=$ROOT/.venv/bin/python
: "${OPSCONSOLE_DATA:=$ROOT/var}"
export OPSCONSOLE_DATA ROOT
# Python finds the project from any directory; modules in the caller's directory never shadow it.
PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
PYTHONSAFEPATH=1
export PYTHONPATH PYTHONSAFEPATH
# glibc: the threads of a process share two heaps instead of one each, which saves memory in many small processes.
: "${MALLOC_ARENA_MAX:=2}"
export MALLOC_ARENA_MAX

# Every pin has wheels for 3.11 to 3.14; the newest tested version comes first. A candidate must run: version managers
# put stubs on the PATH that only say that the version is not installed.
find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python \
        python3.14 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11; do
        [ -n "$candidate" ] || continue
        found=$("$candidate" -c 'import sys; print(sys.executable) if (3, 11) <= sys.version_info < (3, 15) else None' \
            2>/dev/null) || continue
        [ -n "$found" ] && return 0
    done
    echo "opsconsole needs Python 3.11 to 3.14; none is on the PATH." >&2
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
