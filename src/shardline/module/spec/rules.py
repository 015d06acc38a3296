"""The rules between fields, which hold whatever else is right or wrong.

They look at what was written (a mapping as YAML has it, of any content), so that what they find is
told together with what is wrong in single fields. `conditions` says the same as JSON Schema.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shardline.module.spec.alarms import AGES, BY_NAME, UTILIZATIONS, AlarmName
from shardline.module.spec.presets import DEFAULTS, VALUES
from shardline.module.spec.quantities import RETENTION, Quantity

MAX_CONSUMERS_PROVISIONED = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is broken: the field it is told of, what is wrong and what would be right."""

    path: str
    wrong: str
    right: str


def mode_of(written: Mapping[str, Any]) -> str | None:
    """The mode that follows from what was written; None where what was written is no mode."""
    mode = written.get("mode", preset_values(written).get("mode"))
    if mode is None:
        mode = "provisioned" if "shards" in written else "on_demand"
    return mode if mode in ("on_demand", "provisioned") else None


def preset_values(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the preset says that was written; nothing without one.

    A mode that was written takes the preset's shards with the preset's mode.
    """
    name = written.get("preset")
    values = VALUES.get(name, {}) if isinstance(name, str) else {}
    if written.get("mode", values.get("mode")) == values.get("mode"):
        return values
    return {field: value for field, value in values.items() if field not in ("mode", "shards")}


def broken_rules(written: Mapping[str, Any]) -> list[Broken]:
    """Every rule that is broken, in the order of the fields."""
    return [
        broken
        for rule in (_shards_and_mode, _ascending, _consumers, _utilizations, _late_alarm)
        for broken in rule(written)
    ]


def _shards_and_mode(written: Mapping[str, Any]) -> Iterator[Broken]:
    mode = mode_of(written)
    if mode == "on_demand" and "shards" in written:
        said = "mode" if "mode" in written else f"preset {written.get('preset')}"
        yield Broken(
            "shards",
            f"AWS chooses the number of shards in on_demand mode, which {said} says",
            "leave shards out, or write mode: provisioned",
        )
    if mode == "provisioned" and "shards" not in {*written, *preset_values(written)}:
        yield Broken(
            "shards", "provisioned mode needs a number of shards", "write, for example, shards: 4"
        )


def _ascending(written: Mapping[str, Any]) -> Iterator[Broken]:
    shards = written.get("shards")
    if not isinstance(shards, Mapping):
        return
    least, most = shards.get("min"), shards.get("max")
    if type(least) is int and type(most) is int and least > most:
        yield Broken(
            "shards.min", f"{least} is more than max, {most}", f"write min: {most}, max: {least}"
        )


def _consumers(written: Mapping[str, Any]) -> Iterator[Broken]:
    consumers = written.get("consumers")
    if mode_of(written) != "provisioned" or not isinstance(consumers, list):
        return
    if len(consumers) > MAX_CONSUMERS_PROVISIONED:
        yield Broken(
            "consumers",
            f"these are {len(consumers)}, and a provisioned stream can have "
            f"{MAX_CONSUMERS_PROVISIONED}",
            "leave some out, or write mode: on_demand, which can have 50",
        )


def _utilizations(written: Mapping[str, Any]) -> Iterator[Broken]:
    alarms = written.get("alarms")
    if mode_of(written) != "on_demand" or not isinstance(alarms, Mapping):
        return
    for name in AlarmName:
        if name in UTILIZATIONS and isinstance(alarms.get(name), str):
            yield Broken(
                f"alarms.{name}",
                "a stream in on_demand mode has no fixed capacity to compare with",
                "leave it out, or write mode: provisioned",
            )


def _late_alarm(written: Mapping[str, Any]) -> Iterator[Broken]:
    alarms = written.get("alarms")
    if not isinstance(alarms, Mapping):
        return
    retention = written.get("retention", DEFAULTS["retention"])
    kept = _minutes(retention, RETENTION)
    for name in sorted(AGES):
        late = _minutes(alarms.get(name), BY_NAME[name].quantity)
        if kept is not None and late is not None and late >= kept:
            yield Broken(
                f"alarms.{name}",
                f"{alarms[name]} is not before the end of the retention, {retention}: records "
                "would be gone before anybody is warned",
                f"write less than {retention}, or keep records longer",
            )


def _minutes(text: Any, quantity: Quantity) -> int | None:
    try:
        return int(quantity.parse(text)) if isinstance(text, str) else None
    except ValueError:
        return None
