"""The service: one page over all records, an HTTP API, a queue of jobs, and tools for agents."""
