"""A worker that serves nothing, and does what its region says: `python -m cli.workers.toy_worker`.

fails      it says why it cannot start
dies       it ends by itself, without a word
brief      it is ready, and dies
fine       it is ready, and does what it is told
deaf       it is ready, and does nothing that it is told
"""

import os
import socket
import sys
import time

from shardline.cli.workers import wire


def main() -> None:
    parent = socket.socket(fileno=0)
    order = wire.receive_start(parent)
    does = order.settings.region
    if does == "fails":
        parent.send(wire.encode_report(wire.Failed("there is no disk")))
        sys.exit(1)
    if does == "dies":
        os._exit(3)
    parent.send(wire.encode_report(wire.Ready(f"toy://{order.place.worker}")))
    if does == "brief":
        os._exit(3)
    if does == "deaf":
        time.sleep(1000)
    parent.recv(1)
    parent.send(wire.encode_report(wire.Closed()))


if __name__ == "__main__":
    main()
