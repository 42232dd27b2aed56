"""The service: a page over all records, an HTTP API and tools for agents, on one queue of jobs."""
