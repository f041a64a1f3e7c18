"""Clouds over optical ground stations: drawn, steady, or from a table."""

from qkdsim.channels.weather.climate import clear_fraction, places
from qkdsim.channels.weather.draw import draw_weather
from qkdsim.channels.weather.law import (
    autocorrelation,
    both_clear,
    correlation,
    mean_clear_spell_h,
    mean_cloudy_spell_h,
)
from qkdsim.channels.weather.record import Spells, Weather, steady_weather
from qkdsim.channels.weather.site import (
    CORRELATION_TIME_H,
    DECORRELATION_DISTANCE_KM,
    WeatherSite,
    distance_km,
)
from qkdsim.channels.weather.table import WeatherTable, read_weather

__all__ = [
    "CORRELATION_TIME_H",
    "DECORRELATION_DISTANCE_KM",
    "Spells",
    "Weather",
    "WeatherSite",
    "WeatherTable",
    "autocorrelation",
    "both_clear",
    "clear_fraction",
    "correlation",
    "distance_km",
    "draw_weather",
    "mean_clear_spell_h",
    "mean_cloudy_spell_h",
    "places",
    "read_weather",
    "steady_weather",
]
