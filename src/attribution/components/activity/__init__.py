"""Activity terms: who acts where, when and against whom. One idea a file."""
