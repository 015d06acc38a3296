"""ARNs of alarms, and what an action's name says. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from shardline.storage.alarm_entities import Alarm

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)")
_ALARM = re.compile(r"arn:aws[a-z-]*:cloudwatch:([a-z0-9-]+):(\d{12}):alarm:(.+)", re.DOTALL)
_URL_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic, as its ARN names it."""

    region: str
    account: str
    name: str


def alarm_arn(alarm: Alarm) -> str:
    """The ARN of an alarm."""
    return f"arn:aws:cloudwatch:{alarm.region}:{alarm.account}:alarm:{alarm.name}"


def alarm_named(arn: str) -> tuple[str, str, str] | None:
    """The account, region and name in an alarm's ARN; None if it is none."""
    match = _ALARM.fullmatch(arn)
    return (match[2], match[1], match[3]) if match else None


def topic_named(action: str) -> Topic | None:
    """The topic that an action names; None if it names none."""
    match = _TOPIC.fullmatch(action)
    return Topic(*match.groups()) if match else None


def is_url(action: str) -> bool:
    """Whether an action is the URL of a webhook, by how it begins."""
    return action.lower().startswith(tuple(f"{scheme}://" for scheme in _URL_SCHEMES))


def host_of(url: str) -> str | None:
    """The host of an http or https URL, in small letters; None if it is no URL to post to."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts.hostname if parts.scheme in _URL_SCHEMES and parts.hostname else None
