"""What encrypted records look like where they are stored; the ciphers are in `ciphers`.

Byte layout of what a cipher makes, little-endian:

    offset  size  what
    0       1     format, 2: records that are not encrypted are a frame of format 1
    1       3     zero
    4       4     number of the data key within its stream
    8       16    salt, from which the key was derived that encrypted this
    24      8     counter, the nonce under that key
    32            AES-256-GCM of a frame of format 1 (see `frames`), with its tag of 16 bytes

The header and the place (stream, shard, offset and what else the log knows when it encrypts) are
authenticated too, so that nothing can be moved, exchanged or kept for another time.
"""

import struct

from shardline.storage.record_log import CipherMissing, Ciphers, Undecipherable

FORMAT = 2
HEADER = struct.Struct("<B3xI16sQ")
TAG_BYTES = 16


def is_encrypted(blob: bytes) -> bool:
    """Whether a cipher made this, and not `frames.pack`."""
    return blob[:1] == b"\x02"


def place(kind: str, stream: str, *numbers: int) -> bytes:
    """Where something lies, as ciphers take it: of what kind it is, its stream, and numbers."""
    return "\0".join((kind, stream, *map(str, numbers))).encode()


def decrypt(blob: bytes, place: bytes, ciphers: Ciphers) -> bytes:
    """Decrypt with the cipher that the header names. Raises `CipherMissing`, `Undecipherable`."""
    if len(blob) < HEADER.size + TAG_BYTES:
        raise Undecipherable(f"something encrypted is cut short at {len(blob)} bytes")
    _, number, _, _ = HEADER.unpack_from(blob)
    cipher = ciphers.get(number)
    if cipher is None:
        raise CipherMissing(number)
    return cipher.decrypt(blob, place)
