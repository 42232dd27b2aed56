"""Questions about an answer, read by rules and answered by solving again: the second half of layer 4."""
