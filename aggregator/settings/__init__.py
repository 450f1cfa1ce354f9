"""Configuration: YAML in, one frozen and validated Settings out."""

from aggregator.settings.load import LoadedSettings, load_settings, read_settings
from aggregator.settings.model import Settings, TemplateSource

__all__ = ["LoadedSettings", "Settings", "TemplateSource", "load_settings", "read_settings"]
