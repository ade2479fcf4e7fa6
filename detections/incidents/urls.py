"""URL patterns of incidents; each part brings its own."""

from django.urls import URLPattern

from detections.incidents.actions.urls import urlpatterns as actions
from detections.incidents.figures.urls import urlpatterns as figures
from detections.incidents.pages.urls import urlpatterns as pages
from detections.incidents.postmortem.urls import urlpatterns as postmortem
from detections.incidents.similar.urls import urlpatterns as similar
from detections.incidents.timeline.urls import urlpatterns as timeline
from detections.incidents.updates.urls import urlpatterns as updates
from detections.incidents.vocabulary.urls import urlpatterns as vocabulary

urlpatterns: list[URLPattern] = [
    *pages,
    *figures,
    *timeline,
    *updates,
    *postmortem,
    *actions,
    *similar,
    *vocabulary,
]
