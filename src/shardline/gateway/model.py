"""AWS's services as botocore's models describe them: operations, shapes, errors.

botocore bundles the models; nothing of it is imported to read them. Its loader gives the same
(a test compares them) but costs 0.15 s of imports, and reads models from the user's home too, which
would let a stray file change what a server accepts.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from shardline.gateway.shapes import ShapeCompiler, StructureShape


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One call of a service's API.

    `errors` are the modelled error codes with their HTTP status. `output` None is a void
    operation: AWS answers it with a body of no bytes. `java_package` is where AWS's own classes
    live, which its validation errors print. `xml_namespace` and `result_wrapper`, the element
    around an output, are for Query's XML alone.
    """

    name: str
    service: str
    java_package: str
    input: StructureShape | None
    output: StructureShape | None
    errors: Mapping[str, int]
    has_event_stream: bool
    xml_namespace: str | None = None
    result_wrapper: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One AWS service. `target_prefix` and `json_version` are None where it speaks no JSON.

    `protocols` has botocore's words for what it speaks. A service that moved from Query to another
    protocol (`awsQueryCompatible`) knows its errors by two names: `error_shapes` has the newer
    protocols' by Query's, and is empty for every other service.
    """

    name: str
    api_version: str
    target_prefix: str | None
    signing_name: str
    json_version: str | None
    operations: Mapping[str, Operation]
    protocols: frozenset[str]
    xml_namespace: str | None
    is_query_compatible: bool
    error_shapes: Mapping[str, str]


class _Operations(Mapping[str, Operation]):
    """A service's operations by name, each compiled when it is first looked up."""

    def __init__(self, service: str, model: Mapping[str, Any]) -> None:
        self._service = service
        self._definitions: Mapping[str, Mapping[str, Any]] = model["operations"]
        self._shapes: Mapping[str, Mapping[str, Any]] = model["shapes"]
        self._compiler = ShapeCompiler(self._shapes)
        version = model["metadata"]["apiVersion"].replace("-", "")
        self._java_package = f"com.amazonaws.{service}.v{version}"
        self._xml_namespace: str | None = model["metadata"].get("xmlNamespace")
        self._compiled: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        operation = self._compiled.get(name)
        if operation is None:
            operation = self._compiled[name] = self._compile(name, self._definitions[name])
        return operation

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)

    def _compile(self, name: str, definition: Mapping[str, Any]) -> Operation:
        output = self._structure(definition, "output")
        return Operation(
            name=name,
            service=self._service,
            java_package=self._java_package,
            input=self._structure(definition, "input"),
            output=output,
            errors=dict(self._error(error["shape"]) for error in definition.get("errors", ())),
            has_event_stream=output is not None
            and any(self._shapes[m.name].get("eventstream") for m in output.members.values()),
            xml_namespace=self._xml_namespace,
            result_wrapper=definition.get("output", {}).get("resultWrapper"),
        )

    def _structure(self, definition: Mapping[str, Any], part: str) -> StructureShape | None:
        return self._compiler.structure(definition[part]["shape"]) if part in definition else None

    def _error(self, shape: str) -> tuple[str, int]:
        definition = self._shapes[shape]
        error = definition.get("error", {})
        status = error.get("httpStatusCode", 500 if definition.get("fault") else 400)
        return error.get("code", shape), status


@cache
def load_service(name: str) -> Service:
    """The service of this name (botocore's, such as "kinesis"), from the newest bundled model.

    Raises `ValueError` for a service that botocore does not have.
    """
    model = msgspec.json.decode(gzip.decompress(_model_file(name).read_bytes()))
    metadata = model["metadata"]
    is_query_compatible = "awsQueryCompatible" in metadata
    return Service(
        name=name,
        api_version=metadata["apiVersion"],
        target_prefix=metadata.get("targetPrefix"),
        signing_name=metadata.get("signingName", metadata["endpointPrefix"]),
        json_version=metadata.get("jsonVersion"),
        operations=_Operations(name, model),
        protocols=frozenset(metadata["protocols"]),
        xml_namespace=metadata.get("xmlNamespace"),
        is_query_compatible=is_query_compatible,
        error_shapes=_error_shapes(model["shapes"]) if is_query_compatible else {},
    )


def _error_shapes(shapes: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        shape["error"]["code"]: name
        for name, shape in shapes.items()
        if "code" in shape.get("error", ())
    }


def _model_file(service: str) -> Path:
    botocore = find_spec("botocore")
    if botocore is None or botocore.origin is None:
        raise ModuleNotFoundError("botocore, which brings AWS's service models, is not installed")
    versions = Path(botocore.origin).parent / "data" / service
    # Versions are dates, so that the newest sorts last.
    found = sorted(versions.glob("*/service-2.json.gz"))
    if not found:
        raise ValueError(f"botocore has no service model named {service!r}")
    return found[-1]
