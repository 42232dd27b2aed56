"""Four layers: intake, the decision, the race, and the explanation."""
