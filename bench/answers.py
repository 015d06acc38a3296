"""Reads HTTP/1.1 answers, one at a time, without keeping their bodies."""

_EDGE_BYTES = 2048


class ProtocolError(Exception):
    """The server's bytes are not an answer to the one request that is open."""


class _ChunkedBody:
    """The chunked transfer coding (RFC 9112, 7.1), from pieces that end anywhere."""

    def __init__(self) -> None:
        self._line = b""
        # Bytes to come of the current chunk, with its closing CRLF.
        self._left = 0
        self._last = False
        self.ended = False

    def payloads(self, data: bytes) -> list[bytes]:
        found = []
        while data and not self.ended:
            if self._left:
                piece, data = data[: self._left], data[self._left :]
                found.append(piece[: max(0, self._left - 2)])
                self._left -= len(piece)
                continue
            line, newline, data = (self._line + data).partition(b"\r\n")
            self._line = b"" if newline else line
            if newline:
                self._begin(line)
        return found

    def _begin(self, line: bytes) -> None:
        if self._last:
            self.ended = not line  # trailers, if any, end with an empty line
            return
        size = int(line.partition(b";")[0], 16)
        self._last = size == 0
        self._left = size + 2 if size else 0


class AnswerReader:
    """Takes in one answer; ``feed`` is true when it is complete, and the next one may begin.

    ``head`` and ``tail`` are the first and last 2 KiB of the body; ``count`` is how often
    ``needle`` stands in it.
    """

    def __init__(self, needle: bytes) -> None:
        self._needle = needle
        self._pending = b""
        self._in_body = False
        self._start_body(status=0, left=0, chunked=None)

    def feed(self, data: bytes) -> bool:
        if not self._in_body:
            data = self._pending + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._pending = data
                return False
            self._pending = b""
            self._read_head(data[:end])
            data = data[end + 4 :]
        self._in_body = not self._read_body(data)
        return not self._in_body

    def _read_head(self, head: bytes) -> None:
        lowered = head.lower()
        at = lowered.find(b"\r\ncontent-length:")
        left, chunked = 0, None
        if at >= 0:
            left = int(lowered[at + 17 :].partition(b"\r")[0])
        elif b"\r\ntransfer-encoding: chunked" in lowered:
            chunked = _ChunkedBody()
        else:
            raise ProtocolError("neither Content-Length nor chunked")
        self._start_body(int(head[9:12]), left, chunked)

    def _start_body(self, status: int, left: int, chunked: _ChunkedBody | None) -> None:
        self.status = status
        self.count = 0
        self.head = self.tail = b""
        self._carry = b""
        self._left = left
        self._chunked = chunked

    def _read_body(self, data: bytes) -> bool:
        if self._chunked is not None:
            for payload in self._chunked.payloads(data):
                self._take(payload)
            return self._chunked.ended
        self._left -= len(data)
        if self._left < 0:
            raise ProtocolError("more bytes than the Content-Length")
        self._take(data)
        return not self._left

    def _take(self, payload: bytes) -> None:
        # One byte short of the needle, so that none is found twice.
        window = self._carry + payload
        self.count += window.count(self._needle)
        self._carry = window[-(len(self._needle) - 1) :]
        if len(self.head) < _EDGE_BYTES:
            self.head += payload[: _EDGE_BYTES - len(self.head)]
        self.tail = (self.tail + payload[-_EDGE_BYTES:])[-_EDGE_BYTES:]
