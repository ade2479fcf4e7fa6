"""Closing a run on its page: asked once, with what stays open."""

from __future__ import annotations

import pytest

from bootstrap.checklists.models import Item, Run
from tests.bootstrap import builders
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    builders.item(run, "one")
    builders.item(run, "two", text="The second thing")
    builders.act(run, Item.objects.get(key="one"))
    return run


def test_it_asks_tells_what_stays_open_and_closes(run: Run) -> None:
    client = client_of("dan", "add_run", "add_signoff")
    address = f"{run.get_absolute_url()}close/"
    assert f'href="{address}"' in client.get(run.get_absolute_url()).content.decode()
    asked = client.get(address).content.decode()
    assert "The second thing" in asked
    assert "one done" not in asked
    run.refresh_from_db()
    assert run.closed_at is None
    assert client.post(address).headers["Location"] == run.get_absolute_url()
    run.refresh_from_db()
    assert run.closed_at is not None
    page = client.get(run.get_absolute_url()).content.decode()
    assert "Closed; what it proved no longer counts." in page
    assert address not in page
    assert "was closed already" in client.post(address, follow=True).content.decode()


def test_it_needs_the_permission_to_start(run: Run) -> None:
    client = client_of("eve", "add_signoff")
    address = f"{run.get_absolute_url()}close/"
    assert address not in client.get(run.get_absolute_url()).content.decode()
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
