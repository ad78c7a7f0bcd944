"""The statements of the app: the guards of what was agreed, and the sequences of numbers."""
