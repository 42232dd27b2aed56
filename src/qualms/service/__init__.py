"""The service: a queue of jobs with its workers, an HTTP API, and a page over all records of a folder."""
