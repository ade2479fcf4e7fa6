"""The application as Django sees it."""

from django.apps import AppConfig


class BootstrapConfig(AppConfig):
    name = "bootstrap"
    verbose_name = "Environments and checklists"
