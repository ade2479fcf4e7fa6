"""Table of contents of the detections' addresses; each slice brings its own."""

from django.urls import URLPattern, URLResolver

from detections.alerts.urls import urlpatterns as alerts
from detections.dashboard.urls import urlpatterns as dashboard
from detections.incidents.urls import urlpatterns as incidents
from detections.rules.urls import urlpatterns as rules

urlpatterns: list[URLPattern | URLResolver] = [*alerts, *incidents, *dashboard, *rules]
