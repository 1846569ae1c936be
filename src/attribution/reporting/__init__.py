"""A report that an editor prints."""
