"""The project package: settings, composition and the two foundations `common` (kernel) and `realtime` (engine)."""
