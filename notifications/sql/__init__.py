"""The statements of the app: the guards of what was written down."""
