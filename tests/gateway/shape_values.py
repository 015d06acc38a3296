"""Values of AWS's shapes, for property tests, and botocore's model of the same shapes."""

import datetime
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import strategies as st

from shardline.gateway.model import load_service
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape

KINESIS = load_service("kinesis")
OPERATIONS = sorted(KINESIS.operations)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

_loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
BUNDLED = _loader.load_service_model("kinesis", "service-2")
BOTOCORE = ServiceModel(BUNDLED, "kinesis")

# Whole milliseconds: what both protocols carry without loss.
_timestamps = st.integers(-(10**12), 4 * 10**12).map(lambda ms: ms / 1000)

_scalars: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=12),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "timestamp": _timestamps,
    "blob": st.binary(max_size=20),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def botocore_model(service: str) -> ServiceModel:
    """botocore's own model of a service, but for its unions: values here have any of their members.

    (botocore's parsers insist on one and only one, whose value is not at stake here.)
    """
    model = _loader.load_service_model(service, "service-2")
    for shape in model["shapes"].values():
        shape.pop("union", None)
    return ServiceModel(model, service)


def values_of(shape: Shape, *, garbled: bool = False) -> st.SearchStrategy[Any]:
    """Values of the shape's type (not of its constraints) as operations see them.

    `garbled` puts any JSON value in the place of some.
    """
    value = _values_of(shape, garbled)
    return st.one_of(value, value, value, json_values) if garbled else value


def _values_of(shape: Shape, garbled: bool) -> st.SearchStrategy[Any]:
    if isinstance(shape, StructureShape):
        members = {name: values_of(m, garbled=garbled) for name, m in shape.members.items()}
        return st.fixed_dictionaries({}, optional=members)
    if isinstance(shape, ListShape):
        return st.lists(values_of(shape.member, garbled=garbled), max_size=4)
    if isinstance(shape, MapShape):
        value = values_of(shape.value, garbled=garbled)
        return st.dictionaries(st.text(max_size=5), value, max_size=4)
    if garbled and shape.type == "blob":
        return st.text(max_size=8)
    return _scalars[shape.type]


def with_datetimes(shape: Shape, value: Any) -> Any:
    """`value` as botocore takes and gives it: timestamps as datetimes."""
    if isinstance(shape, StructureShape):
        return {name: with_datetimes(shape.members[name], given) for name, given in value.items()}
    if isinstance(shape, ListShape):
        return [with_datetimes(shape.member, given) for given in value]
    if isinstance(shape, MapShape):
        return {key: with_datetimes(shape.value, given) for key, given in value.items()}
    if shape.type == "timestamp":
        return EPOCH + datetime.timedelta(milliseconds=round(value * 1000))
    return value
