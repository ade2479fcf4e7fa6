"""URL patterns of figures of incidents."""

from django.urls import URLPattern, path

from detections.incidents.figures import views

urlpatterns: list[URLPattern] = [
    path("incidents/figures/", views.figures, name="incident_figures"),
    path("incidents/figures.csv", views.figures_csv, name="incident_figures_csv"),
]
