"""Configuration: YAML in, one frozen and validated Settings out."""

from aggregator.settings.load import LoadedSettings, load_settings
from aggregator.settings.model import Settings

__all__ = ["LoadedSettings", "Settings", "load_settings"]
