"""A webhook on a port of this machine, which answers as it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class WebhookServer:
    """Takes posts. `statuses` are those of the next answers, then 200; a status of 0 hangs."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], dict[str, Any]]] = []
        self._let_go = threading.Event()
        self._arrived = threading.Condition()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with hook._arrived:
                    hook.received.append((headers, json.loads(body)))
                    hook._arrived.notify_all()
                status = hook.statuses.pop(0) if hook.statuses else 200
                if not status:
                    hook._let_go.wait(60)
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", hook.url)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float = 60) -> None:
        """Return when something was received. Raises AssertionError after so many seconds."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.received, seconds)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The alarms' messages in what was received."""
        return [json.loads(body["Message"]) for _, body in self.received]
