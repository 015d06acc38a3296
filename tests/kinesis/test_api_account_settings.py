"""UpdateAccountSettings and DescribeAccountSettings: On-demand Advantage, by botocore's model."""

from typing import Any

from kinesis_on_demand import ADVANTAGE, NO_ADVANTAGE, in_region
from kinesis_wire import Wire, invalid
from shardline.testing import TestServer

DAY_S = 86_400


def described(aws: Wire) -> Any:
    return aws.ok("DescribeAccountSettings")["MinimumThroughputBillingCommitment"]


def update(aws: Wire, members: dict[str, Any]) -> Any:
    answer = aws.ok("UpdateAccountSettings", **members)["MinimumThroughputBillingCommitment"]
    assert answer == described(aws)
    return answer


def now_s(aws: Wire) -> float:
    return aws.server.clock.now_ms() / 1000


def test_an_account_begins_without(server: TestServer) -> None:
    with in_region(server, advantage=False) as aws:
        assert described(aws) == {"Status": "DISABLED"}
        # To disable what was never enabled changes nothing (ours)
        assert update(aws, NO_ADVANTAGE) == {"Status": "DISABLED"}


def test_a_commitment_lasts_a_day_at_least(server: TestServer) -> None:
    with in_region(server, advantage=False) as aws:
        start = now_s(aws)
        times = {"StartedAt": start, "EarliestAllowedEndAt": start + DAY_S}
        assert update(aws, ADVANTAGE) == {"Status": "ENABLED", **times}
        server.clock.advance(hours=1)
        assert update(aws, ADVANTAGE) == {"Status": "ENABLED", **times}
        # When it is disabled before its time, it ends at that time
        pending = {"Status": "ENABLED_UNTIL_EARLIEST_ALLOWED_END", **times}
        assert update(aws, NO_ADVANTAGE) == pending
        assert update(aws, NO_ADVANTAGE) == pending
        server.clock.advance(hours=23)
        ended = {"Status": "DISABLED", "StartedAt": start, "EndedAt": start + DAY_S}
        assert described(aws) == ended
        assert update(aws, NO_ADVANTAGE) == ended
        # And another one starts anew
        again = now_s(aws)
        answer = update(aws, ADVANTAGE)
        assert answer == {
            "Status": "ENABLED",
            "StartedAt": again,
            "EarliestAllowedEndAt": again + DAY_S,
        }


def test_a_pending_end_can_be_called_off(server: TestServer) -> None:
    with in_region(server, advantage=False) as aws:
        enabled = update(aws, ADVANTAGE)
        update(aws, NO_ADVANTAGE)
        assert update(aws, ADVANTAGE) == enabled
        server.clock.advance(days=3)
        assert described(aws) == enabled


def test_after_its_day_it_ends_at_once(server: TestServer) -> None:
    with in_region(server, advantage=False) as aws:
        update(aws, ADVANTAGE)
        server.clock.advance(days=2)
        answer = update(aws, NO_ADVANTAGE)
        assert (answer["Status"], answer["EndedAt"]) == ("DISABLED", now_s(aws))


def test_a_commitment_is_of_one_region(server: TestServer) -> None:
    with in_region(server) as aws, in_region(server, advantage=False) as other:
        assert described(aws)["Status"] == "ENABLED"
        assert described(other) == {"Status": "DISABLED"}


def test_update_account_settings_validation_exception(aws: Wire) -> None:
    assert aws.error("UpdateAccountSettings") == invalid(
        "Value null at 'minimumThroughputBillingCommitment' failed to satisfy constraint: "
        "Member must not be null"
    )
    code, message = aws.error(
        "UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "SOMETIMES"}
    )
    assert code == "ValidationException"
    assert "at 'minimumThroughputBillingCommitment.status' failed to satisfy" in message
