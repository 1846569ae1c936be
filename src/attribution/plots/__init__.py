"""Figures of what the verbs return."""
