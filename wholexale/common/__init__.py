"""The kernel: what every app may use. It imports no app."""
