"""Addresses of environments and checklists."""

from django.urls import path

from bootstrap.checklists import views
from bootstrap.config_health import views as health
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.importer import views as importer
from bootstrap.postures import views as postures
from bootstrap.systems import views as systems

# The page of a run and the acts on its items are in detections.dashboard: they tell of rules too.
# Whoever reads reports of agents gives the facts that guards are judged by.
FACTS = {"facts_of": reported_facts}
HERE = "environments/<slug:system>/<slug:environment>/"
RUN = "checklists/<slug:system>/<slug:environment>/<int:pk>/"

urlpatterns = [
    path("checklists/", views.checklists, name="checklists"),
    path("checklists/start/", views.start_run, name="checklist-start"),
    path(f"{RUN}export.md", views.export_run, name="checklist-export"),
    path(f"{RUN}changes/", views.changes, name="checklist-changes"),
    path(f"{RUN}move/", views.move_run, name="checklist-move"),
    path(f"{RUN}close/", views.close_run, name="checklist-close"),
    path(f"{RUN}files/<int:file>/", views.evidence_file, name="checklist-file"),
    path(f"{RUN}print/", views.print_run, name="checklist-print"),
    path("policies/", importer.policy_list, name="policies"),
    path("policies/<str:slug>/", importer.policy, name="policy"),
    path("runbooks/", importer.runbooks, name="runbooks"),
    path("runbooks/import/", importer.import_runbook, name="runbook-import"),
    path("runbooks/imports/<int:pk>/", importer.import_progress, name="runbook-import-progress"),
    path("runbooks/imports/<int:pk>/again/", importer.import_again, name="runbook-import-again"),
    path("runbooks/<str:slug>/", importer.runbook, name="runbook"),
    path("runbooks/<str:slug>/export.md", importer.export, name="runbook-export"),
    path("postures/", postures.postures, FACTS, name="postures"),
    path("postures/propose/", postures.propose_posture, name="posture-propose"),
    path("postures/<int:pk>/", postures.posture, FACTS, name="posture"),
    path("postures/<int:pk>/approve/", postures.approve_posture, name="posture-approve"),
    path("postures/<int:pk>/review/", postures.review_posture, name="posture-review"),
    path("postures/<int:pk>/end/", postures.end_posture, name="posture-end"),
    path("systems/import/", systems.import_manifest, name="config-manifest-import"),
    path("systems/<slug:slug>/required-config-vars.yaml", systems.config_manifest, name="config-manifest-file"),
    path("environments/", views.environments, name="environments"),
    path("environments/matrix/", health.matrix, name="environment-matrix"),
    path(HERE, health.environment, name="environment"),
    path(f"{HERE}<slug:app>/drift/", health.drift, name="config-drift"),
    path(f"{HERE}<slug:app>/token/", health.make_token, name="report-token"),
]
