"""Sheets and dialogs that open over the window when they are asked for."""
