"""Each name of a task is that of a task, and beat sends no other."""

from __future__ import annotations

import pytest
from django.conf import settings

from opsconsole.celery import app
from opsconsole.lib import task_names

NAMES = {name: value for name, value in vars(task_names).items() if name.isupper()}


@pytest.fixture(scope="module", autouse=True)
def tasks_imported() -> None:
    app.loader.import_default_modules()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_task(name: str) -> None:
    assert NAMES[name] in app.tasks


def test_every_task_of_the_console_is_named_here() -> None:
    own = {name for name in app.tasks if not name.startswith("celery.")}
    assert own == set(NAMES.values())


@pytest.mark.parametrize("entry", settings.CELERY_BEAT_SCHEDULE)
def test_beat_sends_tasks_that_exist(entry: str) -> None:
    assert settings.CELERY_BEAT_SCHEDULE[entry]["task"] in app.tasks
