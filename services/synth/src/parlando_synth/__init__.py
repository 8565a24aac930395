"""The synthesis worker: one engine in one process, and the port that engines implement."""
