"""Tags of streams and other resources: what is allowed, and how they change.

Tags are kept as pairs, sorted by key (by code point), as ListTagsForStream lists them. Lengths are
the model's business. Texts of AddTagsToStream and RemoveTagsFromStream are AWS's as kinesalite's
suite recorded them, sic: one that speaks of 10 tags where 50 are allowed, and one that lists `,`
as allowed, which it is not. `:`, which they do not name, is allowed today.
"""

import unicodedata
from collections.abc import Iterable, Mapping

from shardline.gateway.errors import ServiceError
from shardline.kinesis import limit_modes, messages
from shardline.storage.entities import Stream

Tags = tuple[tuple[str, str], ...]

MAX_TAGS = 50
RESERVED_PREFIX = "aws:"

_SYMBOLS = frozenset("_.:/=+-@")


def add_to_stream(stream: Stream, new: Mapping[str, str]) -> Tags:
    """The tags of a stream after AddTagsToStream. Raises InvalidArgumentException."""
    check_stream_tags(stream.name, stream.account, new)
    _check_special(new)
    tags = _merged(stream.tags, new)
    _check_number(stream.name, stream.account, len(tags))
    return tags


def remove_from_stream(stream: Stream, keys: Iterable[str]) -> Tags:
    """The tags of a stream after RemoveTagsFromStream. Unknown keys are passed over.

    Raises InvalidArgumentException.
    """
    keys = set(keys)
    _check_characters(f"remove tags from stream {stream.name}", stream.account, keys)
    return _without(stream.tags, keys)


def check_stream_tags(name: str, account: str, new: Mapping[str, str]) -> None:
    """Check the tags of a stream to be created. Raises InvalidArgumentException."""
    _check_characters(f"add tags to stream {name}", account, [*new, *new.values()])
    _check_special(new)
    _check_number(name, account, len(new))


def add(tags: Tags, new: Mapping[str, str]) -> Tags:
    """The tags of a resource after TagResource. Raises InvalidArgumentException.

    AWS's texts for this operation are not known.
    """
    if not all(map(_is_allowed, [*new, *new.values()])):
        raise _invalid_characters()
    _check_special(new)
    after = _merged(tags, new)
    if len(after) > MAX_TAGS:
        raise messages.invalid_argument(f"A resource cannot have more than {MAX_TAGS} tags.")
    return after


def remove(tags: Tags, keys: Iterable[str]) -> Tags:
    """The tags of a resource after UntagResource. Unknown keys are passed over."""
    return _without(tags, set(keys))


def _merged(tags: Tags, new: Mapping[str, str]) -> Tags:
    return tuple(sorted((dict(tags) | dict(new)).items()))


def _without(tags: Tags, keys: set[str]) -> Tags:
    return tuple((key, value) for key, value in tags if key not in keys)


def _check_characters(what: str, account: str, texts: Iterable[str]) -> None:
    texts = list(texts)
    # AWS has two layers of checks: `%` passes the first and is refused by the second.
    if not all(_is_allowed(text.replace("%", "")) for text in texts):
        raise _invalid_characters()
    if any("%" in text for text in texts):
        raise messages.invalid_argument(
            f"Failed to {what} under account {account} because some tags contained illegal "
            "characters. The allowed characters are "
            "Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
        )


def _is_allowed(text: str) -> bool:
    """Letters, digits and separators of any script, and AWS's symbols; no control characters."""
    return all(char in _SYMBOLS or unicodedata.category(char)[0] in "LNZ" for char in text)


def _check_number(name: str, account: str, count: int) -> None:
    if count > MAX_TAGS:
        raise messages.invalid_argument(
            f"Failed to add tags to stream {name} under account {account} because a given stream "
            "cannot have more than 10 tags associated with it."
        )


def _check_special(new: Mapping[str, str]) -> None:
    """Keys that are AWS's, and the one that means something here."""
    if any(key.lower().startswith(RESERVED_PREFIX) for key in new):
        # AWS's text for Kinesis is not known; this is what its other services say.
        raise messages.invalid_argument(
            "aws: prefixed tag key names are not allowed for external use."
        )
    limit_modes.check_tag(new)


def _invalid_characters() -> ServiceError:
    return messages.invalid_argument(
        "Some tags contain invalid characters. Valid characters: "
        "Unicode letters, digits, white space, _ . / = + - % @."
    )
