"""Where an action is posted to. Pure.

An action is taken if it is the URL of a webhook, or the ARN of an SNS topic for which the server
was told a URL. Others are kept, shown, and fail in the history: they name what only AWS has.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shardline.cloudwatch.alarms.arns import host_of, is_url, topic_named


@dataclass(frozen=True, slots=True)
class Targets:
    """What a server was told: URLs by topic name or ARN, and the hosts that URLs may name.

    Without `hosts` they may name any. A topic's URL is the operator's own, and held to none.
    """

    topics: Mapping[str, str]
    hosts: Collection[str] = ()

    def url_of(self, action: str) -> str:
        """The URL for an action. Raises `LookupError` with the reason why there is none."""
        if is_url(action):
            host = host_of(action)
            if host is None:
                raise LookupError("This is no URL.")
            if self.hosts and host not in self.hosts:
                raise LookupError(f"This server does not let alarms post to {host}.")
            return action
        topic = topic_named(action)
        if topic is None:
            raise LookupError("Shardline takes no actions of this kind.")
        url = self.topics.get(action) or self.topics.get(topic.name)
        if url is None:
            raise LookupError(f"This server was told no URL for the topic {topic.name}.")
        return url
