"""The units that there are, in the model's order, in which AWS prints them."""

from shardline.gateway.model import load_service
from shardline.gateway.shapes import StructureShape


def _units() -> tuple[str, ...]:
    call = load_service("cloudwatch").operations["GetMetricStatistics"].input
    assert isinstance(call, StructureShape)
    return call.members["Unit"].enum


UNITS = _units()
