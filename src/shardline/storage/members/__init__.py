"""Who else serves from this catalog; the contract is in `shardline.storage.members_port`.

alone      one process, which has seen everything
bus        messages between the processes of one machine that one parent started
board      the leases of these processes, in memory that they share
postgres   the leases of any number of processes, in a table of a PostgreSQL server
"""

from shardline.storage.members.alone import Alone
from shardline.storage.members.board import Board
from shardline.storage.members.bus import Bus, Place, make_places

__all__ = ["Alone", "Board", "Bus", "Place", "make_places"]
