"""Kokoro on an NVIDIA GPU, by ONNX Runtime's build for CUDA."""
