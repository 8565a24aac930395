"""Edge, router, fragmenter and a worker in one process."""
