"""Kokoro as an engine: small, good voices on a CPU, by ONNX Runtime."""
