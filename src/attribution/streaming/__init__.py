"""Tables that do not fit in memory, attributed in chunks."""
