"""Calendar days as plain integers, so that no date library is imported on the way to a recommendation.

A day number counts from 1970-01-01 (proleptic Gregorian). Algorithm: Howard Hinnant, "chrono-compatible
low-level date algorithms" (days_from_civil, civil_from_days).
"""

from __future__ import annotations

from advisor.errors import UsageError

DAYS_PER_YEAR = 365.25
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def number(year: int, month: int, day: int) -> int:
    """Day number of a date."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def text(day: int) -> str:
    """`YYYY-MM-DD` of a day number."""
    day += 719468
    era = day // 146097
    of_era = day - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    part = (5 * of_year + 2) // 153
    month = part + (3 if part < 10 else -9)
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04d}-{month:02d}-{of_year - (153 * part + 2) // 5 + 1:02d}"


def parse(value: str, *, middle: bool = True) -> int:
    """Day number of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.

    A date that names only a year or a month stands for its middle (1 July, the 15th), so that it errs by at most
    half its length; with `middle=False` it stands for its first day. Raises `UsageError` for anything else.
    """
    parts = value.split("-")
    ok = 1 <= len(parts) <= 3 and len(parts[0]) == 4 and all(p.isascii() and p.isdigit() for p in parts)
    ok = ok and all(len(p) == 2 for p in parts[1:])
    if ok:
        numbers = [int(p) for p in parts]
        year = numbers[0]
        month = numbers[1] if len(numbers) > 1 else (7 if middle else 1)
        day = numbers[2] if len(numbers) > 2 else (15 if middle and len(numbers) == 2 else 1)
        if year >= 1900 and 1 <= month <= 12 and 1 <= day <= _LENGTHS[month - 1]:
            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
            if not (month == 2 and day == 29 and not leap):
                return number(year, month, day)
    raise UsageError(f"{value!r} is not a date", expected="YYYY-MM-DD, for example 2022-06-01")


def today() -> int:
    """Day number of the local date."""
    import time

    now = time.localtime()
    return number(now.tm_year, now.tm_mon, now.tm_mday)
