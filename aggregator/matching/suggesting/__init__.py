"""Rules proposed from articles like the one that is wanted."""
