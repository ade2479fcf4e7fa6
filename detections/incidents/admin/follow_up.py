"""What follows an incident in the admin: action items and versions of its postmortem, only shown."""

from __future__ import annotations

from django.contrib import admin

from detections.incidents.action_models import ActionInChecklist, ActionItem
from detections.incidents.postmortem_models import PostmortemVersion
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


@admin.register(ActionItem)
class ActionItemAdmin(ReadOnlyAdmin, admin.ModelAdmin[ActionItem]):
    """Acts on them happen on their own pages, where the incident's timeline names who did it."""

    list_display = ("text", "status", "owner", "due", "incident", "created_by", "ended_by_name")
    list_filter = ("status", "owner")
    list_select_related = ("owner", "incident")
    search_fields = ("text", "link", "incident__title")
    date_hierarchy = "created_at"


@admin.register(ActionInChecklist)
class ActionInChecklistAdmin(ReadOnlyAdmin, admin.ModelAdmin[ActionInChecklist]):
    """Made on the page of an action item."""

    list_display = ("action", "key", "version", "by", "at")
    list_select_related = ("action", "version__checklist", "by")
    not_listed = ("version__source",)
    search_fields = ("key", "action__text")


@admin.register(PostmortemVersion)
class PostmortemVersionAdmin(ReadOnlyAdmin, admin.ModelAdmin[PostmortemVersion]):
    """Texts are written on the incident's page, and never changed."""

    list_display = ("__str__", "finished", "actor_name", "note", "at")
    list_filter = ("finished",)
    list_select_related = ("incident",)
    not_listed = ("text",)
    search_fields = ("incident__title", "note", "actor_name")
    date_hierarchy = "at"
