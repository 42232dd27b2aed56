"""Linear and mixed-integer models in text: CPLEX's LP format and MPS."""
