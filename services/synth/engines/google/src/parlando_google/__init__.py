"""Google Cloud Text-to-Speech as engines."""
