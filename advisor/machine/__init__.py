"""This machine: facts about it, as far as they are known."""
