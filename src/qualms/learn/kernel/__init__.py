"""Learners whose kernels are computed by quantum circuits, with their classical twins."""
