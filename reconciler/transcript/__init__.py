"""A spec that says what stands there already: its first plan adds, changes and destroys nothing."""
