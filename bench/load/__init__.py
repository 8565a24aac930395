"""A load generator: open-loop, light enough to share a small machine with what it measures, and honest.

`python -m load` (with `bench` on PYTHONPATH) or `make load` runs it; docs/load.md says how to read it.
"""
