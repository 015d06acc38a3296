"""A coverage-guided fuzzer of the whole pipeline: signed bodies and any heads, no sockets.

    .venv/bin/pip install atheris
    .venv/bin/python tests/fuzz/fuzz_pipeline.py -max_total_time=60

Arguments go to libFuzzer. It ends with a traceback, and the input in a file, at the first answer
that no request may get: a 5xx, a body that is not what it says, more than two seconds of CPU, or
bytes of a budget that were not given back.
"""

import logging
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent))

with atheris.instrument_imports(include=["shardline.gateway", "shardline.kinesis"]):
    from fuzz.samples import (
        CALLS,
        ODD_VALUES,
        OPERATIONS,
        answer_to,
        checked_answer,
        encoded,
        replaced,
    )
    from gateway.asgi_support import InProcess, scope_of
    from gateway.socket_support import CBOR, JSON

METHODS = ["POST", "GET", "OPTIONS", "HEAD"]


class FaultIsFatal(logging.Handler):
    """An error that is logged ends the run."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage()) from (record.exc_info or [None, None])[1]


def changed_body(data: atheris.FuzzedDataProvider, operation: str, content_type: str) -> bytes:
    """The body of a call that works, with members replaced and bytes changed."""
    call = CALLS[operation]
    for _ in range(data.ConsumeIntInRange(0, 2)):
        odd = ODD_VALUES[data.ConsumeIntInRange(0, len(ODD_VALUES) - 1)]
        call = replaced(call, data.ConsumeIntInRange(0, 1000), odd)
    body = bytearray(encoded(call, content_type))
    for _ in range(data.ConsumeIntInRange(0, 3)):
        start = data.ConsumeIntInRange(0, len(body))
        end = start + data.ConsumeIntInRange(0, 4)
        body[start:end] = data.ConsumeBytes(data.ConsumeIntInRange(0, 6))
    return bytes(body)


def any_head(data: atheris.FuzzedDataProvider, content_type: str) -> dict[str, object]:
    """A head that nobody signed."""
    names = [b"content-type", b"x-amz-target", b"authorization", b"x-amz-date", b"date", b"host"]
    fields = [(b"content-type", content_type.encode()), (b"x-amz-target", b"Kinesis_20131202.")]
    for _ in range(data.ConsumeIntInRange(0, 6)):
        name = names[data.ConsumeIntInRange(0, len(names) - 1)]
        fields.append((name, data.ConsumeBytes(data.ConsumeIntInRange(0, 80))))
    method = METHODS[data.ConsumeIntInRange(0, len(METHODS) - 1)]
    return scope_of(method, b"/", data.ConsumeBytes(data.ConsumeIntInRange(0, 80)), fields)


def main() -> None:
    """Fuzz until libFuzzer's limits, or to the first fault."""
    logging.basicConfig(level=logging.ERROR, handlers=[FaultIsFatal()], force=True)
    with InProcess() as target:

        def one_input(given: bytes) -> None:
            data = atheris.FuzzedDataProvider(given)
            operation = OPERATIONS[data.ConsumeIntInRange(0, len(OPERATIONS) - 1)]
            content_type = CBOR if data.ConsumeBool() else JSON
            way = data.ConsumeIntInRange(0, 2)
            if way == 0:
                answer_to(target, operation, content_type, data.ConsumeBytes(4096))
            elif way == 1:
                body = changed_body(data, operation, content_type)
                answer_to(target, operation, content_type, body)
            else:
                scope = any_head(data, content_type)
                checked_answer(target, scope, data.ConsumeBytes(4096))

        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
