"""Distributions of bits: Born machines, quantum Boltzmann machines, and their classical twins."""
