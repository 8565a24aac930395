"""OpenAI, servers with its speech interface, and its Realtime models as engines."""
