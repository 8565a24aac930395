"""espeak-ng as an engine: a small binding by ctypes, and the port around it."""
