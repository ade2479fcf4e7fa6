"""URL patterns of the list of incidents, the page of one, and its acts."""

from django.urls import URLPattern, path

from detections.incidents.pages import acts, close, declare, edit, hand_over, of_alert, views

ONE = "incidents/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("incidents/", views.incidents, name="incident_list"),
    path("incidents/new/", declare.incident_new, name="incident_new"),
    path(ONE, views.incident, name="incident"),
    path(f"{ONE}edit/", edit.incident_edit, name="incident_edit"),
    path(f"{ONE}close/", close.incident_close, name="incident_close"),
    path(f"{ONE}hand-over/", hand_over.incident_hand_over, name="incident_hand_over"),
    path(f"{ONE}status/", acts.incident_status, name="incident_status"),
    path(f"{ONE}severity/", acts.incident_severity, name="incident_severity"),
    path(f"{ONE}take/", acts.incident_take, name="incident_take"),
    path(f"{ONE}roles/", acts.incident_role_add, name="incident_role_add"),
    path(f"{ONE}roles/end/", acts.incident_role_end, name="incident_role_end"),
    path(f"{ONE}alerts/remove/", acts.incident_alert_remove, name="incident_alert_remove"),
    path(f"{ONE}links/", acts.incident_link_add, name="incident_link_add"),
    path(f"{ONE}links/remove/", acts.incident_link_remove, name="incident_link_remove"),
    path("alerts/<int:pk>/incidents/", of_alert.alert_incidents, name="alert_incidents"),
    path("alerts/<int:pk>/incidents/add/", of_alert.alert_incident_add, name="alert_incident_add"),
]
