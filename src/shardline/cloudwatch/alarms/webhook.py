"""Posting to a webhook.

httpx is imported when the first action is taken, in a thread: most servers take none, and it costs
0.3 s, in which records are to flow.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

ANSWER_S = 10.0
"""How long one post may take, from the connection to the answer's first line."""


class Undelivered(Exception):
    """A post that was not taken; the text says why. `is_final`: another try would be in vain."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Webhooks:
    """A client for webhooks. Follows no redirects, and reads no answer beyond its status."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body. Raises `Undelivered` unless it is answered with a 2xx.

        As for SNS, a status of 5xx and 429 may pass, others below 500 are final.
        """
        client = await self._connected()
        import httpx  # which `_connected` has loaded

        try:
            async with (
                asyncio.timeout(self._answer_s),
                client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except TimeoutError:
            raise Undelivered(f"no answer within {self._answer_s:g} s") from None
        except httpx.InvalidURL as error:
            raise Undelivered(str(error), is_final=True) from error
        except httpx.HTTPError as error:
            raise Undelivered(str(error) or type(error).__name__) from error
        if not 200 <= status < 300:
            raise Undelivered(f"HTTP {status}", is_final=status < 500 and status != 429)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _connected(self) -> "httpx.AsyncClient":
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(_make_client)
            return self._client


def _make_client() -> "httpx.AsyncClient":
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # else it logs every URL
    return httpx.AsyncClient(
        verify=ssl.create_default_context(),  # the system's authorities, not httpx's own
        timeout=None,  # the whole is bounded by the caller
        # No bound here: who waited for a connection would wait in its own ten seconds.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        follow_redirects=False,
    )
