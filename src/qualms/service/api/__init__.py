"""The HTTP API under ``/api/v1``: submit, follow, cancel and fetch jobs; records, devices and prices."""
