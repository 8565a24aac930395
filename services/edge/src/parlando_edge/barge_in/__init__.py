"""Hearing that a client's user speaks: on a thread of its own, and only for sessions that send audio.

What listens (`room`, `turns`) loads without a single library; numpy and the model come with the first audio.
"""
