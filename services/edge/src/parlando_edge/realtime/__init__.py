"""The Realtime protocol: a core without I/O, and the shell that runs it."""
