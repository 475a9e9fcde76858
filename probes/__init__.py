"""Programs that look at a machine: standard library only, Python 3.9+, run by path under any interpreter."""
