"""The composition root: the only package that chooses engines and reads settings. A worker process
imports what it works with, and not the whole server: nothing is imported here."""
