"""Who does the work: this process, or many."""
