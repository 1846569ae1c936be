"""Sample, score, check and assemble; compile once and fit again."""
