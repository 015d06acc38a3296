"""What is missing, changed, doubled or out of order is found; what is not, is not."""

from shardline.copying.comparison import Differences, Seen, compare
from shardline.copying.records import HashRange

ALL, NONE = HashRange(0, 2**128 - 1), HashRange(0, 0)


def seen(*texts: str, place: HashRange | None = ALL, shard: str = "s") -> Seen:
    made = Seen()
    for text in texts:
        made.add(text[0], text[1:].encode(), shard, place)
    return made


def there(*texts: str) -> Seen:
    return seen(*texts, place=None)


def test_the_same_records_by_key_are_no_difference() -> None:
    assert compare(seen("a1", "b1", "a2"), there("b1", "a1", "a2")) == Differences()


def test_a_missing_record() -> None:
    assert compare(seen("a1", "a2"), there("a1")) == Differences(missing=1, keys=["a"])
    assert compare(seen("a1", "b1"), there("a1")) == Differences(missing=1, keys=["b"])


def test_a_changed_record_is_missing_and_another_one_is_there() -> None:
    found = compare(seen("a1", "a2"), there("a1", "aX"))
    assert found == Differences(missing=1, others=1, keys=["a"])


def test_a_doubled_record() -> None:
    found = compare(seen("a1", "a2"), there("a1", "a2", "a1", "a2"))
    assert found == Differences(doubled=2, keys=["a"])


def test_a_reordered_record() -> None:
    found = compare(seen("a1", "a2", "a3"), there("a1", "a3", "a2"))
    assert found == Differences(reordered=1, keys=["a"])


def test_records_of_others_are_counted_and_are_no_difference() -> None:
    assert compare(seen("a1"), there("a0", "a1", "c9")) == Differences(others=2)


def test_records_with_explicit_hash_keys_have_an_order_in_each_source_shard() -> None:
    source = seen("a1", "a2", place=NONE, shard="s1")
    source.take(seen("a3", "a4", place=NONE, shard="s2"))
    assert compare(source, there("a3", "a1", "a4", "a2")) == Differences()
    assert compare(source, there("a3", "a2", "a4", "a1")).reordered == 1


def test_a_key_goes_on_in_the_next_shard() -> None:
    source = seen("a1", shard="parent")
    source.take(seen("a2", shard="child"))
    assert compare(source, there("a2", "a1")).reordered == 1


def test_many_records_that_are_alike_are_counted() -> None:
    same = ["a"] * 3000
    assert compare(seen(*same), there(*same)) == Differences()
    assert compare(seen(*same), there(*same[1:])).missing == 1
