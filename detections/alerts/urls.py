"""URL patterns of alerts and routing."""

from django.urls import path

from detections.alerts import hand_over_views, views
from detections.alerts.silences import views as silences
from detections.alerts.summary import views as summaries

urlpatterns = [
    path("alerts/", views.alerts, name="alert_list"),
    path("alerts/bulk/", views.alerts_bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", views.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge/", views.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<int:pk>/resolve/", views.alert_resolve, name="alert_resolve"),
    path("alerts/summaries/", summaries.summary_list, name="summary_list"),
    path("alerts/summaries/<str:day>/", summaries.summary, name="summary"),
    path("alerts/<int:pk>/hand-over/", hand_over_views.alert_hand_over, name="alert_hand_over"),
    path("alerts/<int:pk>/responders/", hand_over_views.alert_responder_add, name="alert_responder_add"),
    path("alerts/<int:pk>/responders/stop/", hand_over_views.alert_responder_stop, name="alert_responder_stop"),
    path("alerts/silences/", silences.silences, name="silence_list"),
    path("alerts/silences/bulk/", silences.silences_bulk, name="silences_bulk"),
    path("alerts/silences/new/", silences.silence_new, name="silence_new"),
    path("alerts/silences/preview/", silences.silence_preview, name="silence_preview"),
    path("alerts/silences/<int:pk>/", silences.silence_change, name="silence_change"),
    path("alerts/silences/<int:pk>/end/", silences.silence_end, name="silence_end"),
    path("alerts/<int:pk>/disposition/", views.alert_disposition, name="alert_disposition"),
    path("routing/", views.routing, name="routing"),
]
