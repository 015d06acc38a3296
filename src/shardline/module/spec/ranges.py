"""A regular expression that matches exactly the whole numbers of a range.

JSON Schema can bound a number, but not the number in a text such as `36h`; with this a pattern can,
so that whoever has the schema alone refuses what the loader refuses.
"""


def range_pattern(least: int, most: int) -> str:
    """A pattern of the decimal numbers from `least` to `most`, without leading zeros.

    Python's `re` and ECMAScript read it alike. Raises ValueError unless 0 <= least <= most.
    """
    if not 0 <= least <= most:
        raise ValueError(f"no range: {least} to {most}")
    parts = []
    for digits in range(len(str(least)), len(str(most)) + 1):
        first = max(least, 10 ** (digits - 1) if digits > 1 else 0)
        last = min(most, 10**digits - 1)
        parts += _same_length(str(first), str(last))
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _same_length(first: str, last: str) -> list[str]:
    """Patterns for a range whose ends have as many digits."""
    if not first:
        return [""]
    rest = len(first) - 1
    if _is_whole(first, last):
        return [_digit(first[0], last[0]) + _any(rest)]
    if first[0] == last[0]:
        return [first[0] + tail for tail in _same_length(first[1:], last[1:])]
    parts = []
    from_digit, to_digit = int(first[0]), int(last[0])
    if set(first[1:]) != {"0"}:
        parts += [first[0] + tail for tail in _same_length(first[1:], "9" * rest)]
        from_digit += 1
    high = []
    if set(last[1:]) != {"9"}:
        high = [last[0] + tail for tail in _same_length("0" * rest, last[1:])]
        to_digit -= 1
    if from_digit <= to_digit:
        parts.append(_digit(str(from_digit), str(to_digit)) + _any(rest))
    return parts + high


def _is_whole(first: str, last: str) -> bool:
    return set(first[1:]) <= {"0"} and set(last[1:]) <= {"9"}


def _digit(first: str, last: str) -> str:
    if first == last:
        return first
    return f"[{first}-{last}]"


def _any(count: int) -> str:
    return {0: "", 1: "[0-9]"}.get(count, f"[0-9]{{{count}}}")
