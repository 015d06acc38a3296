"""Every function of metric math that is built. Pure."""

from shardline.cloudwatch.math.aggregates import AGGREGATES
from shardline.cloudwatch.math.arrays import ARRAYS
from shardline.cloudwatch.math.conditions import CONDITIONS
from shardline.cloudwatch.math.pointwise import POINTWISE
from shardline.cloudwatch.math.signatures import Spec
from shardline.cloudwatch.math.timely import TIMELY

FUNCTIONS: dict[str, Spec] = dict(
    sorted({**AGGREGATES, **ARRAYS, **CONDITIONS, **POINTWISE, **TIMELY}.items())
)

NOT_BUILT = (
    "ANOMALY_DETECTION_BAND",
    "DB_PERF_INSIGHTS",
    "INSIGHT_RULE_METRIC",
    "LAMBDA",
    "SERVICE_QUOTA",
)
"""Functions of AWS's that need what is not here."""
