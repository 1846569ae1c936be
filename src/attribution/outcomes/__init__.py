"""What was recorded around killings."""
