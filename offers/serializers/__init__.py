"""Wire shapes of the app."""
