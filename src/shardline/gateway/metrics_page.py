"""`/_shardline/metrics`: the node's metrics as Prometheus reads them, and who may see them.

Open to who asks from this machine itself. Everybody else, and whoever a proxy on this machine asks
for, has to bring the bearer token of the settings; without one in the settings, nobody else may.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from shardline.gateway.pages import NOT_ALLOWED, Fields, Page, Peer, of_method
from shardline.gateway.types import Response

PATH = b"/_shardline/metrics"

Render = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Makes the text for an Accept header; answers it with its content type."""

DENIED = Response(
    401,
    b"The metrics are open on loopback. From elsewhere, send the server's --metrics-token as "
    b"Authorization: Bearer TOKEN.\n",
    b"text/plain; charset=utf-8",
    ((b"www-authenticate", b"Bearer"),),
)
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"via")


def metrics_page(render: Render, token: str | None) -> Page:
    """The page, open to loopback and to who has the token."""
    secret = None if token is None else token.encode()

    async def page(method: str, peer: Peer, fields: Fields) -> Response:
        named = dict(fields)
        if not (_is_loopback(peer, named) or _has_token(secret, named)):
            return replace(DENIED, body=b"") if method == "HEAD" else DENIED
        if method not in ("GET", "HEAD"):
            return NOT_ALLOWED
        body, content_type = await render(named.get(b"accept", b"").decode("latin-1"))
        return of_method(method, body, content_type.encode())

    return page


def _is_loopback(peer: Peer, fields: dict[bytes, bytes]) -> bool:
    if peer is None or any(name in fields for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _has_token(secret: bytes | None, fields: dict[bytes, bytes]) -> bool:
    scheme, _, given = fields.get(b"authorization", b"").partition(b" ")
    if secret is None or scheme.lower() != b"bearer":
        return False
    return hmac.compare_digest(given.strip(), secret)
