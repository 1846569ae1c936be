"""The specification of a model, laid over events: as a graph, as tables, as worlds."""
