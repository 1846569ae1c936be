"""What a component of the model is, and every activity term and evidence law."""
