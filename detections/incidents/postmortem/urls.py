"""URL patterns of the postmortem of incidents."""

from django.urls import URLPattern, path

from detections.incidents.postmortem import views

BASE = "incidents/<int:pk>/postmortem/"

urlpatterns: list[URLPattern] = [
    path(BASE, views.postmortem, name="incident_postmortem"),
    path(f"{BASE}draft/", views.postmortem_draft, name="incident_postmortem_draft"),
    path(f"{BASE}edit/", views.postmortem_edit, name="incident_postmortem_edit"),
    path(f"{BASE}preview/", views.postmortem_preview, name="incident_postmortem_preview"),
    path(f"{BASE}finish/", views.postmortem_finish, name="incident_postmortem_finish"),
    path(f"{BASE}history/", views.postmortem_history, name="incident_postmortem_history"),
    path(f"{BASE}versions/<int:number>/", views.postmortem_version, name="incident_postmortem_version"),
    path(f"{BASE}export/", views.postmortem_export, name="incident_postmortem_export"),
    path(f"{BASE}print/", views.postmortem_print, name="incident_postmortem_print"),
]
