"""Edge, router and fragmenter in one process."""
