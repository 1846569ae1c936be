"""Evidence laws: what is observed because of who did it. One idea a file."""
