"""The questions of `shardline new`, in words for who does not know AWS, and what answers mean.

A question says how an answer becomes fields; whether those are right is the configuration's to say,
so that an answer is held against the same rules as a file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from shardline.module.prices import Estimate, Load, monthly
from shardline.module.spec import StreamConfig, resolve
from shardline.module.spec.load import problems_of
from shardline.module.spec.presets import PRESETS
from shardline.module.spec.rules import mode_of, preset_values

Values = Mapping[str, Any]

KIB_A_SHARD = 1024
"""What a shard takes in a second."""
RECORDS_A_SHARD = 1000


def estimate(values: Values, load: Load) -> Estimate:
    """The price of a month of what has been answered so far."""
    return monthly(resolve(StreamConfig.model_validate({"name": "stream", **values})), load)


def shards_needed(load: Load) -> int:
    """How many shards a load needs, with as much room again for its peaks."""
    by_records = load.records_per_second / RECORDS_A_SHARD
    by_size = load.records_per_second * load.record_kib / KIB_A_SHARD
    return max(1, ceil(2 * max(by_records, by_size)))


def offers(values: Values, load: Load) -> tuple[str, ...]:
    """A line for each preset, with the price of a month."""
    lines = []
    for number, (name, preset) in enumerate(PRESETS.items(), 1):
        dollars = estimate({**values, "preset": name}, load).total
        price = f"${dollars:,.0f}"
        lines.append(f"{number}  {name:12}{price:>9} a month  {preset.description}")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what its answer means.

    `read` makes a field of an answer: its value, or None to leave it out. ValueError, in words for
    who answered, if it cannot. `usual` is the answer that holds when nothing is typed.
    """

    field: str
    label: str
    text: str
    help: str
    read: Callable[[str], Any]
    usual: Callable[[Values, Load], str] = lambda values, load: ""
    asked: Callable[[Values], bool] = lambda values: True
    may_be_empty: bool = True

    def answered(self, answer: str, values: Values) -> dict[str, Any]:
        """The values with an answer taken in. Raises ValueError, in words for who answered."""
        value = self.read(answer.strip())
        if value is None:
            return dict(values)
        if isinstance(value, dict) and isinstance(values.get(self.field), dict):
            value = {**values[self.field], **value}
        after = {**values, self.field: value}
        for problem in problems_of(after):
            if problem.path and problem.path[0] == self.field:
                raise ValueError(f"{problem.wrong}; {problem.right}")
        return after


def _words(answer: str) -> list[str]:
    return [word for word in answer.replace(",", " ").split() if word]


def _within(field: str) -> Callable[[str], Any]:
    """A list that is a member of a group of fields."""
    return lambda answer: {field: words} if (words := _words(answer)) else None


def _preset(answer: str) -> str:
    numbered = dict(zip("123", PRESETS, strict=True))
    return numbered.get(answer, answer)


def _shards(answer: str) -> Any:
    least, dash, most = (part.strip() for part in answer.partition("-"))
    if not all(part.isascii() and part.isdigit() for part in (least, *([most] if dash else []))):
        raise ValueError(f"{answer!r} is no number of shards; write, for example, 4, or 2-16")
    return {"min": int(least), "max": int(most)} if dash else int(least)


def _usual_shards(values: Values, load: Load) -> str:
    return str(max(preset_values(values).get("shards", 1), shards_needed(load)))


NAME = Question(
    "name",
    "name",
    "What should the stream be called?",
    "Those who write to it and read from it use this name. Letters, digits, _ . and - are "
    "possible. It cannot be changed later.",
    lambda answer: answer,
    may_be_empty=False,
)
PRESET = Question(
    "preset",
    "number or name",
    "What is it for?",
    "",
    _preset,
    lambda values, load: "managed",
)
REGION = Question(
    "region",
    "region",
    "Where in the world should it be?",
    "AWS calls a place with its machines a region: us-east-1 is in Virginia, eu-west-1 in Ireland, "
    "ap-southeast-2 in Sydney. Near those who write and read is quick. It cannot be changed later.",
    lambda answer: answer,
)
QUESTIONS = (
    Question(
        "shards",
        "shards",
        "How many shards?",
        "A shard is a lane of the stream: it takes 1 MiB or 1,000 records a second, and is paid by "
        "the hour. Write a number, or a range such as 2-16 if it should follow the load.",
        _shards,
        _usual_shards,
        lambda values: mode_of(values) == "provisioned",
    ),
    Question(
        "retention",
        "hours or days",
        "How long should records be kept?",
        "They can be read again for so long: hours (24h) or days (7d), from 24h to 365d. More than "
        "24h costs more.",
        lambda answer: answer,
        lambda values, load: "24h",
    ),
    Question(
        "consumers",
        "names",
        "Does a reader need everything at once, at a rate of its own?",
        "Such a reader is called a fan-out consumer, and is paid by the hour. Write the names of "
        "those, with spaces between them; nothing if there is none, and readers share.",
        lambda answer: _words(answer) or None,
    ),
    Question(
        "access",
        "writers",
        "Who may put records in?",
        "Names in AWS's user management (IAM): role/NAME for a program, user/NAME for a person, "
        "with spaces between them. Nothing: nobody yet.",
        _within("write"),
    ),
    Question(
        "access",
        "readers",
        "Who may read records?",
        "As before: role/NAME or user/NAME.",
        _within("read"),
    ),
    Question(
        "access",
        "managers",
        "Who may change the stream?",
        "As before: role/NAME or user/NAME.",
        _within("manage"),
    ),
    Question(
        "alarms",
        "addresses",
        "Where should alarms go?",
        "The ARN of an SNS topic (AWS's service that sends mail and messages), or on Shardline a "
        "web address. Nothing: alarms can be looked up, but nobody is told.",
        _within("notify"),
        asked=lambda values: preset_values(values).get("alarms", True),
    ),
)
"""What is asked after the name, the load and the preset, in this order."""
