"""Table of contents of the detections' addresses; each slice brings its own."""

from django.urls import URLPattern, URLResolver

from detections.alerts.urls import urlpatterns as alerts
from detections.dashboard.urls import urlpatterns as dashboard
from detections.rules.urls import urlpatterns as rules

urlpatterns: list[URLPattern | URLResolver] = [*alerts, *dashboard, *rules]
