"""Piper as an engine: small voices for small machines, each in a file of its own, by ONNX Runtime."""
