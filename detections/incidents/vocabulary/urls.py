"""URL patterns of the vocabulary of incidents."""

from django.urls import URLPattern, path

from detections.incidents.vocabulary import views

urlpatterns: list[URLPattern] = [
    path("incidents/vocabulary/", views.vocabulary, name="incident_vocabulary"),
    path("incidents/<int:pk>/words/", views.incident_words, name="incident_words"),
]
