"""Table of contents: what the sub-packages register in the admin."""

from bootstrap.checklists import admin as checklists
from bootstrap.checklists.plans import admin as plans
from bootstrap.config_health import admin as health
from bootstrap.importer import admin as importer
from bootstrap.postures import admin as postures
from bootstrap.runbooks import admin as runbooks
from bootstrap.systems import admin as systems

__all__ = ["checklists", "health", "importer", "plans", "postures", "runbooks", "systems"]
