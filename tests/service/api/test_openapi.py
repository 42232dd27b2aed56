"""Requests that schemathesis makes from the OpenAPI document: whatever is sent, no answer is an error of ours."""
