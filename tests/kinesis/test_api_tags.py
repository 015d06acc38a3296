"""Tags of streams, by the stream's own operations and by ResourceARN."""

import pytest

from kinesis_wire import ACCOUNT, Wire, stream_gone

BAD_CHARACTERS = (  # K:addTagsToStream, removeTagsFromStream
    "InvalidArgumentException",
    "Some tags contain invalid characters. Valid characters: "
    "Unicode letters, digits, white space, _ . / = + - % @.",
)


def tags(aws: Wire, name: str) -> dict[str, str]:
    """A stream's tags, which both operations list alike."""
    answer = aws.ok("ListTagsForStream", StreamName=name)
    assert answer["HasMoreTags"] is False
    assert aws.ok("ListTagsForResource", ResourceARN=aws.arn(name)) == {"Tags": answer["Tags"]}
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def test_no_tags(aws: Wire) -> None:
    name = aws.stream()
    assert aws.ok("ListTagsForStream", StreamName=name) == {"Tags": [], "HasMoreTags": False}  # K


def test_tags_are_added_and_overwritten_and_taken_off(aws: Wire) -> None:
    # K:addTagsToStream, removeTagsFromStream: an empty value is one, unknown keys are passed over
    name = aws.stream()
    aws.void("AddTagsToStream", StreamName=name, Tags={"a": "1", "b": ""})
    aws.void("AddTagsToStream", StreamName=name, Tags={"a": "2", "c": "3"})
    assert tags(aws, name) == {"a": "2", "b": "", "c": "3"}
    aws.void("RemoveTagsFromStream", StreamName=name, TagKeys=["a", "nothing"])
    assert tags(aws, name) == {"b": "", "c": "3"}


def test_the_same_by_resource_arn(aws: Wire) -> None:
    name = aws.stream()
    arn = aws.arn(name)
    aws.void("TagResource", ResourceARN=arn, Tags={"a": "1", "b": ""})
    aws.void("TagResource", ResourceARN=arn, Tags={"a": "2"})
    assert tags(aws, name) == {"a": "2", "b": ""}
    aws.void("UntagResource", ResourceARN=arn, TagKeys=["b", "nothing"])
    assert tags(aws, name) == {"a": "2"}


def test_tags_are_listed_by_code_point_a_page_at_a_time(aws: Wire) -> None:
    # K:listTagsForStream: sorted by code point; the key to start after need not exist
    keys = ["Z", "a", "b", "é", "ж", "0"]
    name = aws.stream(Tags=dict.fromkeys(keys, ""))

    def page(**members: object) -> tuple[list[str], bool]:
        answer = aws.ok("ListTagsForStream", StreamName=name, **members)
        return [tag["Key"] for tag in answer["Tags"]], answer["HasMoreTags"]

    assert page() == (["0", "Z", "a", "b", "é", "ж"], False)
    assert page(Limit=2) == (["0", "Z"], True)
    assert page(ExclusiveStartTagKey="Z", Limit=4) == (["a", "b", "é", "ж"], False)
    assert page(ExclusiveStartTagKey="aa;") == (["b", "é", "ж"], False)


@pytest.mark.parametrize("limit", [0, 51])
def test_limits_out_of_range(aws: Wire, limit: int) -> None:
    error = aws.error("ListTagsForStream", StreamName="s", Limit=limit)  # B: 1..50
    assert error[0] == "ValidationException"


@pytest.mark.parametrize("text", ["a;b", "a,b", "a\tb", "a\nb", "a!b", "a*b"])
def test_characters_that_are_not_allowed(aws: Wire, text: str) -> None:
    name = aws.stream()
    assert aws.error("AddTagsToStream", StreamName=name, Tags={text: "v"}) == BAD_CHARACTERS
    assert aws.error("AddTagsToStream", StreamName=name, Tags={"k": text}) == BAD_CHARACTERS
    assert aws.error("RemoveTagsFromStream", StreamName=name, TagKeys=[text]) == BAD_CHARACTERS
    # At creation and by ARN AWS's own texts are not known
    arn = aws.arn(name)
    for operation, members in (
        ("TagResource", {"ResourceARN": arn, "Tags": {text: "v"}}),
        ("CreateStream", {"StreamName": "bad-tags", "Tags": {text: "v"}}),
    ):
        assert aws.error(operation, **members)[0] == "InvalidArgumentException"
    assert tags(aws, name) == {}


def test_characters_of_every_script_and_these_symbols(aws: Wire) -> None:
    # G2: a colon is accepted since 2020
    name = aws.stream()
    allowed = {"ß ü ç 漢字 ٣": "a b_c.d:e/f=g+h-i@j"}
    aws.void("AddTagsToStream", StreamName=name, Tags=allowed)
    assert tags(aws, name) == allowed


def test_the_percent_sign_fails_a_second_check(aws: Wire) -> None:
    name = aws.stream()
    text = (  # K, sic
        "Failed to {} tags {} stream {} under account {} because some tags contained illegal "
        "characters. The allowed characters are "
        "Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
    )
    assert aws.error("AddTagsToStream", StreamName=name, Tags={"a%": "v"}) == (
        "InvalidArgumentException",
        text.format("add", "to", name, ACCOUNT),
    )
    assert aws.error("RemoveTagsFromStream", StreamName=name, TagKeys=["a%"]) == (
        "InvalidArgumentException",
        text.format("remove", "from", name, ACCOUNT),
    )


def test_fifty_tags_and_one_more(aws: Wire) -> None:
    name = aws.stream(Tags={str(n): "" for n in range(49)})
    aws.void("AddTagsToStream", StreamName=name, Tags={"49": ""})
    too_many = (  # K, G2: it says 10 and means 50
        "InvalidArgumentException",
        f"Failed to add tags to stream {name} under account {ACCOUNT} because a given stream "
        "cannot have more than 10 tags associated with it.",
    )
    assert aws.error("AddTagsToStream", StreamName=name, Tags={"50": ""}) == too_many
    code, _ = aws.error("TagResource", ResourceARN=aws.arn(name), Tags={"50": ""})
    assert code == "InvalidArgumentException"
    # A key that is there already makes no fifty-first
    aws.void("AddTagsToStream", StreamName=name, Tags={"49": "new"})
    assert len(tags(aws, name)) == 50


def test_at_creation_fifty_are_the_most_too(aws: Wire) -> None:
    code, _ = aws.error(
        "CreateStream", StreamName="many-tags", Tags={str(n): "" for n in range(51)}
    )
    assert code == "InvalidArgumentException"


def test_keys_that_are_aws_own(aws: Wire) -> None:
    name = aws.stream()
    for operation, members in (
        ("AddTagsToStream", {"StreamName": name}),
        ("TagResource", {"ResourceARN": aws.arn(name)}),
        ("CreateStream", {"StreamName": "aws-tags"}),
    ):
        code, message = aws.error(operation, Tags={"aws:x": ""}, **members)
        assert code == "InvalidArgumentException"
        assert "aws:" in message


@pytest.mark.parametrize(
    ("tag", "which"), [({"k" * 129: "v"}, "Map keys"), ({"k": "v" * 257}, "Map value")]
)
def test_lengths(aws: Wire, tag: dict[str, str], which: str) -> None:
    code, message = aws.error("AddTagsToStream", StreamName="s", Tags=tag)  # K:addTagsToStream
    assert code == "ValidationException"
    assert f"failed to satisfy constraint: {which} must satisfy constraint: [" in message


def test_no_tags_at_all_to_add_or_remove(aws: Wire) -> None:
    code, message = aws.error("AddTagsToStream", StreamName="s", Tags={})
    assert (code, "Value '{}' at 'tags'" in message) == ("ValidationException", True)
    code, message = aws.error("RemoveTagsFromStream", StreamName="s", TagKeys=[])
    assert (code, "Value '[]' at 'tagKeys'" in message) == ("ValidationException", True)


def test_the_stream_comes_before_its_tags(aws: Wire) -> None:
    # K:addTagsToStream, removeTagsFromStream: E1 first
    assert aws.error("AddTagsToStream", StreamName="nobody", Tags={"a;": ""}) == stream_gone(
        "nobody"
    )
    assert aws.error("RemoveTagsFromStream", StreamName="nobody", TagKeys=[";"]) == stream_gone(
        "nobody"
    )


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsForResource"])
def test_resources_that_are_not_there(aws: Wire, operation: str) -> None:
    members: dict[str, object] = {
        "TagResource": {"Tags": {"a": ""}},
        "UntagResource": {"TagKeys": ["a"]},
    }.get(operation, {})
    gone = aws.error(operation, ResourceARN=aws.arn("nobody"), **members)
    assert gone == stream_gone("nobody")
