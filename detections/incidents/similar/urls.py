"""URL patterns of similar of incidents."""

from django.urls import URLPattern, path

from detections.incidents.similar import views

urlpatterns: list[URLPattern] = [
    path("incidents/of-runbook/<int:pk>/", views.of_runbook, name="incident_of_runbook"),
]
