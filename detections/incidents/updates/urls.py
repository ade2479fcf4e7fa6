"""URL patterns of the updates of incidents."""

from django.urls import URLPattern, path

from detections.incidents.updates import views

urlpatterns: list[URLPattern] = [
    path("incidents/<int:pk>/updates/", views.incident_updates, name="incident_updates"),
    path("incidents/<int:pk>/updates/new/", views.incident_update_new, name="incident_update_new"),
]
