"""Addresses of environments and checklists."""

from django.urls import path

from bootstrap.checklists import start_views as starting
from bootstrap.checklists import views
from bootstrap.checklists.plans import views as plans
from bootstrap.checklists.schedules import views as schedules
from bootstrap.config_health import views as health
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.importer import policy_views
from bootstrap.importer import views as importer
from bootstrap.importer.chapter import chapter
from bootstrap.importer.editing import downloads
from bootstrap.importer.editing import views as editing
from bootstrap.postures import views as postures
from bootstrap.scorecard import views as scorecard
from bootstrap.systems import views as systems

# The page of a run and the acts on its items are in detections.dashboard, as they show rules too.
# Config health reads the facts by which the guards of postures are judged, and is above the postures.
FACTS = {"facts_of": reported_facts}
HERE = "environments/<slug:system>/<slug:environment>/"
RUN = "checklists/<slug:system>/<slug:environment>/<int:pk>/"

urlpatterns = [
    path("checklists/", views.checklists, name="checklist_list"),
    path("checklists/scorecard/", scorecard.scorecard, name="scorecard"),
    path("checklists/scorecard.csv", scorecard.scorecard_csv, name="scorecard_csv"),
    path("checklists/schedules/", schedules.schedule_list, name="schedule_list"),
    path("checklists/schedules/new/", schedules.schedule_new, name="schedule_new"),
    path("checklists/schedules/<int:pk>/", schedules.schedule, name="schedule"),
    path("checklists/schedules/<int:pk>/change/", schedules.schedule_change, name="schedule_change"),
    path("checklists/schedules/<int:pk>/pause/", schedules.schedule_pause, name="schedule_pause"),
    path("checklists/schedules/<int:pk>/resume/", schedules.schedule_resume, name="schedule_resume"),
    path("checklists/schedules/<int:pk>/start/", schedules.schedule_start, name="schedule_start"),
    path("checklists/start/", starting.start_run, name="checklist_start"),
    path("checklists/start/<int:pk>/environment/", starting.add_environment, name="environment_new"),
    path("checklists/items/", plans.items, name="checklist_items"),
    path(f"{RUN}plan/", plans.plan, name="checklist_plan"),
    path(f"{RUN}plan/run/", plans.plan_run, name="checklist_plan_run"),
    path(f"{RUN}export.md", views.export_run, name="checklist_export"),
    path(f"{RUN}changes/", views.changes, name="checklist_changes"),
    path(f"{RUN}move/", views.move_run, name="checklist_move"),
    path(f"{RUN}close/", views.close_run, name="checklist_close"),
    path(f"{RUN}files/<int:file>/", views.evidence_file, name="checklist_file"),
    path(f"{RUN}print/", views.print_run, name="checklist_print"),
    path("policies/", policy_views.policy_list, name="policy_list"),
    path("policies/<str:slug>/", policy_views.policy, name="policy"),
    path("runbooks/", importer.runbooks, name="runbook_list"),
    path("runbooks/import/", importer.import_runbook, name="runbook_import"),
    path("runbooks/imports/<int:pk>/", importer.import_progress, name="runbook_import_progress"),
    path("runbooks/imports/<int:pk>/again/", importer.import_again, name="runbook_import_again"),
    path("runbooks/<str:slug>/", importer.runbook, name="runbook"),
    path("runbooks/<str:slug>/versions/<int:number>/lines/<int:line>/", chapter, name="runbook_chapter"),
    path("runbooks/<str:slug>/export.md", importer.export, name="runbook_export"),
    path("runbooks/<str:slug>/source.md", downloads.source, name="runbook_source"),
    path("runbooks/<str:slug>/edits.patch", downloads.patch, name="runbook_edits_patch"),
    path("runbooks/<str:slug>/edit/", editing.edit, name="runbook_edit"),
    path("postures/", postures.postures, FACTS, name="posture_list"),
    path("postures/propose/", postures.propose_posture, name="posture_propose"),
    path("postures/<int:pk>/", postures.posture, FACTS, name="posture"),
    path("postures/<int:pk>/approve/", postures.approve_posture, name="posture_approve"),
    path("postures/<int:pk>/review/", postures.review_posture, name="posture_review"),
    path("postures/<int:pk>/end/", postures.end_posture, name="posture_end"),
    path("systems/import/", systems.import_manifest, name="config_manifest_import"),
    path("systems/import/example/", systems.import_env_example, name="config_example_import"),
    path("systems/<slug:slug>/required-config-vars.yaml", systems.config_manifest, name="config_manifest_file"),
    path("environments/", views.environments, name="environment_list"),
    path("environments/matrix/", health.matrix, name="environment_matrix"),
    path(HERE, health.environment, name="environment"),
    path(f"{HERE}<slug:app>/drift/", health.drift, name="config_drift"),
    path(f"{HERE}<slug:app>/example/", health.example_diff, name="config_example_diff"),
    path(f"{HERE}<slug:app>/token/", health.make_token, name="report_token"),
]
