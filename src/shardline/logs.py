"""Log lines on standard error, as text for people or as JSON for machines."""

import json
import logging
import sys
import time


class JsonLines(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, message, and the traceback if any.

    A worker's lines also have its number.
    """

    def __init__(self, worker: int | None = None) -> None:
        super().__init__()
        self._worker = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            **self._worker,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logging(style: str, worker: int | None = None) -> logging.Logger:
    """Send everything of level INFO and above to standard error; `style` is text or json.

    `worker` is the number of this process, when several write there.
    """
    who = "" if worker is None else f"worker {worker} "
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines(worker)
        if style == "json"
        else logging.Formatter(f"%(asctime)s %(levelname)s {who}%(name)s: %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return logging.getLogger("shardline")
