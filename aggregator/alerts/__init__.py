"""From match to alert: planning and rendering. Pure."""
