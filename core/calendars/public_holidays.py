"""Public holidays by code, "DE-BE" or "US": the dates that the `holidays` package knows.

Only whole days off count. Bank and half holidays, and Saturdays that a country works
instead, do not. The package is imported when a calendar names a country: most name none.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from core.source import nearest


@lru_cache(maxsize=512)
def public_holidays(code: str, year: int) -> frozenset[date]:
    """The days off of one calendar year, those moved from a weekend included."""
    import holidays

    country, _, subdivision = code.partition("-")
    found = holidays.country_holidays(country, subdivision or None, years=year, expand=False)
    return frozenset(found)


def known_holidays(code: str) -> str:
    """The code itself: a country, or a country and one of its parts.

    Raises ValueError with what to write instead.
    """
    country, dash, subdivision = code.partition("-")
    countries = _countries()
    if country not in countries:
        otherwise = "Write a country and, where it matters, its part: US, DE-BE or GB-SCT"
        raise ValueError(nearest(code.upper(), _codes(countries), otherwise))
    if dash and not countries[country]:
        raise ValueError(f"Write {country} alone: its holidays are the same everywhere")
    if dash and subdivision not in countries[country]:
        parts = ", ".join(countries[country])
        raise ValueError(f"Write {country} alone, or {country}- and one of: {parts}")
    return code


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, list[str]]:
    import holidays

    return holidays.list_supported_countries(include_aliases=False)


def _codes(countries: Mapping[str, list[str]]) -> list[str]:
    parts = [f"{country}-{part}" for country, found in countries.items() for part in found]
    return [*countries, *parts]
