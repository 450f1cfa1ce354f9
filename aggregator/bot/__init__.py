"""The Telegram way in: commands, conversations, buttons."""
