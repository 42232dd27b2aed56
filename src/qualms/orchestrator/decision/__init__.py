"""What the decision is made of: features, a probe, experience, predictions, evidence, places, gates."""
