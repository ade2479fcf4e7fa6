"""What a first start brings, for the tests of the seeds."""

from __future__ import annotations

import pytest

from detections.telemetry.models import Project
from opsconsole.accounts.models import User
from tests.seeds.story import Story


@pytest.fixture
def story(shipped: None) -> Story:
    """The shipped content as the first start loads it, and an operator."""
    return Story(Project.objects.get(slug="raptor"), User.objects.create_superuser("operator"))
