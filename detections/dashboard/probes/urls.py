"""URL patterns of probes."""

from django.urls import path

from detections.dashboard.probes import act_views, views

TARGET = "probes/<slug:slug>/"
RUN = f"{TARGET}runs/<int:pk>/"

urlpatterns = [
    path("probes/", views.probe_list, name="probe_list"),
    path(TARGET, views.probe_target, name="probe_target"),
    path(f"{TARGET}now/", views.probe_now, name="probe_now"),
    path(f"{TARGET}charts/", views.probe_charts, name="probe_charts"),
    path(f"{TARGET}start/", act_views.probe_start, name="probe_start"),
    path(f"{TARGET}freeze/", act_views.probe_freeze, name="probe_freeze"),
    path(f"{TARGET}unfreeze/", act_views.probe_unfreeze, name="probe_unfreeze"),
    path(RUN, views.probe_run, name="probe_run"),
    path(f"{RUN}now/", views.probe_run_now, name="probe_run_now"),
    path(f"{RUN}report.<str:kind>", views.probe_report, name="probe_report"),
]
