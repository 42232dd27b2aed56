"""The quantum approximate optimization algorithm: circuits, angles, light cones."""
