"""URL patterns of the timeline of incidents."""

from django.urls import URLPattern, path

from detections.incidents.timeline import views

urlpatterns: list[URLPattern] = [
    path("incidents/<int:pk>/timeline/", views.timeline, name="incident_timeline"),
    path("incidents/<int:pk>/timeline/print/", views.timeline_print, name="incident_timeline_print"),
    path("incidents/<int:pk>/timeline/gather/", views.gather_now, name="incident_gather"),
    path("incidents/<int:pk>/timeline/mark/", views.mark, name="incident_mark"),
    path("incidents/<int:pk>/notes/", views.note, name="incident_note"),
    path("incidents/<int:pk>/files/<int:file>/", views.note_file, name="incident_file"),
]
