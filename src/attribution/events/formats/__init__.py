"""Readers of other people's formats: files the user has, turned into event tables. One format a file."""
