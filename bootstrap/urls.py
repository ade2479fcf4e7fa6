"""Addresses of environments and checklists."""

from django.urls import path

from bootstrap.checklists import views
from bootstrap.importer import views as importer

RUN = "checklists/<slug:system>/<slug:environment>/<int:pk>/"

urlpatterns = [
    path("checklists/", views.checklists, name="checklists"),
    path("checklists/start/", views.start_run, name="checklist-start"),
    path(f"{RUN}export.md", views.export_run, name="checklist-export"),
    path(f"{RUN}changes/", views.changes, name="checklist-changes"),
    path(f"{RUN}move/", views.move_run, name="checklist-move"),
    path(f"{RUN}print/", views.print_run, name="checklist-print"),
    path(f"{RUN}items/<int:item>/sign/", views.sign_item, name="checklist-sign"),
    path(f"{RUN}items/<int:item>/take-back/", views.take_back_item, name="checklist-take-back"),
    path(f"{RUN}items/<int:item>/not-applicable/", views.leave_out_item, name="checklist-not-applicable"),
    path("runbooks/", importer.runbooks, name="runbooks"),
    path("runbooks/import/", importer.import_runbook, name="runbook-import"),
    path("runbooks/<str:slug>/", importer.runbook, name="runbook"),
    path("runbooks/<str:slug>/export.md", importer.export, name="runbook-export"),
    path("environments/", views.environments, name="environments"),
]
