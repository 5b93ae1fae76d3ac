"""Computer vision that answers for what it sees."""

__version__ = "0.1.0"
