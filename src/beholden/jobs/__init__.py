"""Durable asynchronous jobs: claimed, worked on in parts, and ended, whatever dies meanwhile."""
