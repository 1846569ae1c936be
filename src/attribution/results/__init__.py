"""What a posterior says: as tables, in words, on disk."""
