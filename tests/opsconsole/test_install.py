"""What bin/_install.py prints of the installer's lines: whole words."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("_install", ROOT / "bin" / "_install.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("Collecting celery==5.5.3 (from -r /srv/requirements.txt (line 3))\n", "Collecting celery==5.5.3"),
        ("Collecting typing-extensions>=4 (from a==1->b->-r requirements.txt)", "Collecting typing-extensions>=4"),
        (
            "  Downloading celery-5.5.3-py3-none-any.whl.metadata (22 kB)",
            "Downloading celery-5.5.3-py3-none-any.whl.metadata",
        ),
        (
            "Downloading https://mirror.example/x/psycopg-3.2.9-py3-none-any.whl (202 kB)",
            "Downloading psycopg-3.2.9-py3-none-any.whl",
        ),
        ("Using cached vine-5.1.0-py3-none-any.whl (9.6 kB)", "Using cached vine-5.1.0-py3-none-any.whl"),
        ("Downloading numpy (15.6MiB)", "Downloading numpy"),
        ("Installing collected packages: vine, billiard, celery", "Installing 3 packages"),
        ("Successfully installed celery-5.5.3", ""),
        ("Requirement already satisfied: pip", ""),
        ("", ""),
    ],
)
def test_a_step_names_the_package_whole(install: ModuleType, line: str, step: str) -> None:
    assert install.step_of(line) == step


def test_progress_cuts_no_word(install: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    package = f"opentelemetry-{'very-' * 30}long-name==1.2.3"
    line = f"Collecting {package} (from -r requirements.txt (line 7))\n"
    assert list(install.show_progress(iter([line]))) == [line.rstrip()]
    assert capsys.readouterr().out == f"  Collecting {package}\n"
