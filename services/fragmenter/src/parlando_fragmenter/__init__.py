"""The fragmenter: growing text in, speakable fragments out."""
