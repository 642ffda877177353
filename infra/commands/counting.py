"""Numbers of things, as the commands print them."""

from datetime import timedelta


def counted(number: int, noun: str) -> str:
    count = f"{number:,}" if number else "no"
    return f"{count} {noun}{'' if number == 1 else 's'}"


def lasted(time: timedelta) -> str:
    """Roughly: in days, or else in hours, or else in minutes."""
    minutes = int(time.total_seconds()) // 60
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length:
            return counted(minutes // length, unit)
    return counted(minutes, "minute") if minutes else "less than a minute"
