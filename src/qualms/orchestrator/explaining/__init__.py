"""The parts of layer 4: what an explanation consists of, its sentences, and arms beside their twins."""
