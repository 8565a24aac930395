"""Kokoro as its makers publish it: on PyTorch."""
