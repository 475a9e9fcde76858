"""Day numbers against the standard library's calendar."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import days
from advisor.errors import UsageError

prop = settings(deadline=None, derandomize=True, max_examples=100)
EPOCH = date(1970, 1, 1).toordinal()


def test_every_day_from_1900_to_2100_has_its_number_and_its_text():
    day = date(1900, 1, 1)
    while day.year <= 2100:
        n = day.toordinal() - EPOCH
        assert (days.number(day.year, day.month, day.day), days.text(n)) == (n, day.isoformat())
        day += timedelta(1)


@prop
@given(st.dates())
def test_any_date_of_the_calendar_has_its_number_and_its_text(day):
    n = day.toordinal() - EPOCH
    assert days.number(day.year, day.month, day.day) == n
    assert days.text(n) == day.isoformat()


@prop
@given(st.dates(min_value=date(1900, 1, 1)), st.booleans())
def test_parse_reads_full_dates(day, middle):
    assert days.parse(day.isoformat(), middle=middle) == day.toordinal() - EPOCH


@pytest.mark.parametrize(
    ("value", "middle", "first"),
    [
        ("2022", "2022-07-01", "2022-01-01"),
        ("2022-06", "2022-06-15", "2022-06-01"),
        ("2024-02", "2024-02-15", "2024-02-01"),
        ("2022-06-30", "2022-06-30", "2022-06-30"),
        ("1900", "1900-07-01", "1900-01-01"),
    ],
)
def test_a_year_or_a_month_stands_for_its_middle_or_its_first_day(value, middle, first):
    assert days.text(days.parse(value)) == middle
    assert days.text(days.parse(value, middle=False)) == first


@prop
@given(st.integers(1900, 9999), st.integers(0, 13), st.integers(0, 32))
def test_parse_accepts_exactly_the_dates_that_exist(year, month, day):
    value = f"{year}-{month:02d}-{day:02d}"
    try:
        expected = date(year, month, day).toordinal() - EPOCH
    except ValueError:
        with pytest.raises(UsageError):
            days.parse(value)
    else:
        assert days.parse(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-",
        "--",
        "22",
        "02022",
        "2022-6",
        "2022-06-1",
        "2022-006",
        "2022-06-01-01",
        "2022-06-01T00:00",
        "2022/06/01",
        "2022-13",
        "2022-00",
        "2022-06-00",
        "2022-06-31",
        "2023-02-29",
        "1900-02-29",
        "2100-02-29",
        "1899-12-31",
        "0000",
        " 2022",
        "2022 ",
        "2022\n",
        "+022",
        "2_22",
        "-2022",
        "today",
        "２０２２",
        "٢٠٢٢-٠٦",
        "20²2",
    ],
)
def test_anything_else_is_no_date(value):
    with pytest.raises(UsageError, match="is not a date") as caught:
        days.parse(value)
    assert caught.value.expected == "YYYY-MM-DD, for example 2022-06-01"
    assert repr(value) in caught.value.message


@pytest.mark.parametrize("value", ["2000-02-29", "2024-02-29"])
def test_leap_days_exist_in_leap_years(value):
    assert days.text(days.parse(value)) == value


def test_today_is_the_local_date(monkeypatch):
    monkeypatch.setattr(time, "localtime", lambda: time.struct_time((2026, 2, 28, 23, 59, 59, 5, 59, 0)))
    assert days.text(days.today()) == "2026-02-28"
