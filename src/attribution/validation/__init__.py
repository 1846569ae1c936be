"""Hidden labels recovered, simulation-based calibration, one event left out."""
