import pytest

from kinesis_samples import ACCOUNT, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import tags

INVALID = (
    "Some tags contain invalid characters. Valid characters: "
    "Unicode letters, digits, white space, _ . / = + - % @."
)
ILLEGAL = (
    f"stream flights under account {ACCOUNT} because some tags contained illegal characters. "
    "The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
)


def refusal(call: object, *args: object) -> str | None:
    with pytest.raises(ServiceError) as caught:
        call(*args)  # type: ignore[operator]
    assert caught.value.code == "InvalidArgumentException"
    return caught.value.message


@pytest.mark.parametrize("text", ["a b", "_./=+-@", "k:v", "Größe", "\u540d\u524d", "\u0665", "1"])
def test_what_is_allowed_in_keys_and_values(text: str) -> None:
    assert tags.add_to_stream(make_stream(), {text: text}) == ((text, text),)
    assert tags.add((), {text: ""}) == ((text, ""),)


@pytest.mark.parametrize("text", [";", "a,b", "a\tb", "a\nb", "%;", "\u2764"])
def test_what_is_invalid(text: str) -> None:
    # kinesalite, test/addTagsToStream.js and test/removeTagsFromStream.js
    stream = make_stream()
    assert refusal(tags.add_to_stream, stream, {text: "v"}) == INVALID
    assert refusal(tags.add_to_stream, stream, {"k": text}) == INVALID
    assert refusal(tags.remove_from_stream, stream, [text]) == INVALID
    assert refusal(tags.add, (), {text: "v"}) == INVALID


def test_a_percent_sign_is_refused_in_another_place() -> None:
    stream = make_stream()
    assert refusal(tags.add_to_stream, stream, {"a%": "v"}) == f"Failed to add tags to {ILLEGAL}"
    assert refusal(tags.remove_from_stream, stream, ["a%"]) == (
        f"Failed to remove tags from {ILLEGAL}"
    )
    assert refusal(tags.add, (), {"a%": "v"}) == INVALID


def test_tags_are_overwritten_and_sorted_by_code_point() -> None:
    stream = make_stream(tags=(("a", "1"), ("b", "2")))
    assert tags.add_to_stream(stream, {"b": "", "B": "3", "Z": "4"}) == (
        ("B", "3"),
        ("Z", "4"),
        ("a", "1"),
        ("b", ""),
    )


def test_unknown_keys_are_removed_without_a_word() -> None:
    stream = make_stream(tags=(("a", "1"), ("b", "2")))
    assert tags.remove_from_stream(stream, ["b", "c"]) == (("a", "1"),)
    assert tags.remove(stream.tags, iter(["a", "c"])) == (("b", "2"),)


def test_fifty_tags_and_no_more() -> None:
    fifty = {f"k{i:02d}": "v" for i in range(50)}
    stream = make_stream(tags=tags.add_to_stream(make_stream(), fifty))
    assert len(tags.add_to_stream(stream, {"k00": "new"})) == 50
    assert refusal(tags.add_to_stream, stream, {"k50": "v"}) == (
        f"Failed to add tags to stream flights under account {ACCOUNT} because a given stream "
        "cannot have more than 10 tags associated with it."
    )
    assert refusal(tags.add, stream.tags, {"k50": "v"}) is not None
    too_many = fifty | {"k50": "v"}
    assert refusal(tags.check_stream_tags, "flights", ACCOUNT, too_many) is not None


@pytest.mark.parametrize("key", ["aws:name", "AWS:name"])
def test_the_prefix_of_aws_is_refused(key: str) -> None:
    expected = "aws: prefixed tag key names are not allowed for external use."
    assert refusal(tags.add_to_stream, make_stream(), {key: "v"}) == expected
    assert refusal(tags.add, (), {key: "v"}) == expected
