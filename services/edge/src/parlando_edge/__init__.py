"""Parlando edge: the protocols of browsers, OpenAI clients and the shell, in front of the router."""
