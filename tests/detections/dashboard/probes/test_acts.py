"""What people do with a target on its page."""

from __future__ import annotations

import pytest
from django.test import Client

from detections.probes import gate
from detections.probes.models import ProbeRun
from opsconsole.accounts.models import User
from tests.detections.dashboard.builders import MOMENT
from tests.detections.dashboard.probes.asking import PAGE, signed_in, text
from tests.detections.probes.rows import MINUTE, done, running, stored_target

pytestmark = pytest.mark.django_db


class TestActs:
    def test_run_now_leads_to_the_run(self) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}start/")
        run = ProbeRun.objects.get(target=target)
        assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}runs/{run.pk}/")
        assert (run.trigger, run.actor_name, run.state) == ("person", "Rita Ray", "queued")

    def test_run_now_loads_the_page_anew(self) -> None:
        """The page's `target` is none of the button's: htmx would look for it, and send nothing."""
        run = done(stored_target(), at=MOMENT)
        client = signed_in("Responder")
        for address in (PAGE, f"{PAGE}runs/{run.pk}/"):
            assert f'hx-post="{PAGE}start/"' not in text(client, address)

    def test_run_now_while_one_runs_says_so(self) -> None:
        target = stored_target()
        running(target, MOMENT)
        client = signed_in("Responder")
        answer = client.post(f"{PAGE}start/", follow=True)
        assert "A run of aurora-rollout waits or runs: wait for its end." in answer.content.decode()
        # There its progress is shown.
        assert answer.redirect_chain == [(f"{PAGE}runs/{ProbeRun.objects.get().pk}/", 303)]
        assert ProbeRun.objects.count() == 1

    def test_freeze_and_let_go_with_a_reason(self) -> None:
        target, client = stored_target(), signed_in("Responder")
        done(target, at=MOMENT)
        assert client.post(f"{PAGE}freeze/", {"reason": "looks <odd>"}).status_code == 303
        html = text(client, PAGE)
        assert "Frozen by Rita Ray" in html
        assert "looks &lt;odd&gt;" in html
        assert client.post(f"{PAGE}unfreeze/", {"reason": "it was the cache"}).status_code == 303
        assert gate.gate_of(target, MOMENT).is_open
        assert "it was the cache" in text(client, PAGE)

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
    def test_an_unusable_reason_is_refused_and_kept(self, reason: str) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}freeze/", {"reason": reason})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Give a reason of 1 to 300 characters." in html
        assert f'value="{reason}"' in html
        assert not target.freezes.exists()

    def test_a_reason_that_cannot_be_stored_is_refused(self) -> None:
        target = stored_target()
        answer = signed_in("Responder").post(f"{PAGE}freeze/", {"reason": "a\0b"})
        assert answer.status_code == 422
        assert "The reason contains a NUL" in answer.content.decode()
        assert not target.freezes.exists()

    def test_the_second_of_two_people_is_told_who_was_first(self) -> None:
        target, client = stored_target(), signed_in("Responder")
        first = User.objects.create_user("bob")
        gate.freeze(target, first, "errors", MOMENT - MINUTE)
        answer = client.post(f"{PAGE}freeze/", {"reason": "errors, too"})
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "is frozen already since" in html
        assert "by bob: errors" in html
        assert 'value="errors, too"' in html
        assert target.freezes.count() == 1

    @pytest.mark.parametrize("act", ["start", "freeze", "unfreeze"])
    def test_only_who_may_acts(self, viewer: Client, act: str) -> None:
        target = stored_target()
        assert viewer.post(f"{PAGE}{act}/", {"reason": "x"}).status_code == 403
        assert f"{PAGE}{act}/" not in text(viewer, PAGE)
        assert not target.runs.exists()
        assert not target.freezes.exists()

    @pytest.mark.parametrize("act", ["start", "freeze", "unfreeze"])
    def test_a_form_of_another_site_is_refused(self, act: str) -> None:
        stored_target()
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("root"))
        assert client.post(f"{PAGE}{act}/", {"reason": "x"}).status_code == 403
