"""A density and its gradient as machine code; imports nothing."""
