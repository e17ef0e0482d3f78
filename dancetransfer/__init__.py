"""The engine: from two videos to one finished clip."""

__version__ = "0.1.0"
