"""Readers that the tests of several devices share."""

import pytest

from probes.reader import Fixed


class Counting(Fixed):
    """Keeps what was asked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = []

    def run(self, argv, timeout=2.0):
        self.asked.append(tuple(argv))
        return super().run(argv, timeout)


@pytest.fixture
def counting():
    return Counting
