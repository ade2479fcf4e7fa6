"""URL patterns of the action items of incidents."""

from django.urls import URLPattern, path

from detections.incidents.actions import to_checklist_views, views

urlpatterns: list[URLPattern] = [
    path("incidents/actions/", views.action_list, name="action_list"),
    path("incidents/actions/bulk/", views.actions_bulk, name="actions_bulk"),
    path("incidents/actions/<int:pk>/", views.action_edit, name="action_edit"),
    path("incidents/actions/<int:pk>/done/", views.action_done, name="action_done"),
    path("incidents/actions/<int:pk>/checklist/", to_checklist_views.action_to_checklist, name="action_to_checklist"),
    path("incidents/actions/<int:pk>/drop/", views.action_drop, name="action_drop"),
    path("incidents/actions/<int:pk>/reopen/", views.action_reopen, name="action_reopen"),
    path("incidents/<int:pk>/actions/add/", views.action_add, name="action_add"),
]
