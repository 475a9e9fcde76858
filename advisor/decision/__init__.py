"""Arithmetic of the decision on plain numbers: standard library only, no files, no clock, no names of frameworks."""
