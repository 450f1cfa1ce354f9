"""The nouns of the project, as frozen values. Pure: nothing here does anything to the world."""
