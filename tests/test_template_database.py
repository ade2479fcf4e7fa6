from pathlib import Path

import pytest

from tests.template_database import SOURCES, fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("room/migrations/0001_initial.py", "opsconsole/lib/db/epoch.py", "requirements.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_the_same_sources_give_the_same_template(project: Path) -> None:
    before = fingerprint(project)
    (project / "room" / "views.py").write_text("changed")
    assert fingerprint(project) == before


@pytest.mark.parametrize(
    "name",
    [
        "room/migrations/0001_initial.py",
        "room/migrations/0002_new.py",
        "opsconsole/people/migrations/0001_initial.py",
        "opsconsole/lib/db/epoch.py",
        "requirements.txt",
    ],
)
def test_whatever_a_migrated_database_depends_on_gives_another(project: Path, name: str) -> None:
    before = fingerprint(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("changed")
    assert fingerprint(project) != before


def test_all_sources_are_there() -> None:
    root = Path(__file__).resolve().parent.parent
    assert [pattern for pattern in SOURCES if not [*root.glob(pattern)]] == []
