"""URL patterns of alerts and routing."""

from django.urls import path

from detections.alerts import views
from detections.alerts.silences import views as silences

urlpatterns = [
    path("alerts/", views.alerts, name="alert_list"),
    path("alerts/bulk/", views.alerts_bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", views.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge/", views.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<int:pk>/resolve/", views.alert_resolve, name="alert_resolve"),
    path("alerts/silences/", silences.silences, name="silence_list"),
    path("alerts/silences/bulk/", silences.silences_bulk, name="silences_bulk"),
    path("alerts/silences/new/", silences.silence_new, name="silence_new"),
    path("alerts/silences/preview/", silences.silence_preview, name="silence_preview"),
    path("alerts/silences/<int:pk>/", silences.silence_change, name="silence_change"),
    path("alerts/silences/<int:pk>/end/", silences.silence_end, name="silence_end"),
    path("routing/", views.routing, name="routing"),
]
