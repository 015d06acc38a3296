"""`serve --workers N`: a parent, and N processes that serve from one data directory on one port.

    parent ──starts──► worker 1 … N       inherited: the lock, a socket of the port, a place
           ◄──wire───►                    orders one way, reports the other; its end is a death

parent      what the parent owns, and its life from the first signal to the last
supervisor  keeps a worker at work for each number: starts, replaces, exchanges and stops them
posts       what a number has: a place, a socket, and the worker that is there now
process     one worker, as its parent sees it
wire        what the two tell each other
worker      a worker's own life

The parent serves nothing and opens no store. The first worker starts alone, and makes what is made
once: the catalog, its migrations, keys, a certificate, the streams of `--stream`; then the others
start, and find it there.

To exchange a worker, another one starts beside it, at the one place that is kept free, and accepts
from the same socket. What waits in the socket's queue is therefore never lost, also when a worker
is killed.
"""
