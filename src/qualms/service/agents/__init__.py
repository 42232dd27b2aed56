"""Tools for agents, by the Model Context Protocol: solve, follow, ask why, compare, and prices of devices."""
