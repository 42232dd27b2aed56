"""Tables, pictures and words, made from records alone."""
