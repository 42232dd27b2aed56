"""Jobs: what may be asked for, the queue that keeps them, and the workers that do them."""
