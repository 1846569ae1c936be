"""Runs on disk: whole files, folders, jobs in processes, fingerprints."""
