"""A recommendation in words or data: one file per format, all from the same `Recommendation`."""
