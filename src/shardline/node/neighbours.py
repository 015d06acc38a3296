"""How others on this machine find a node, and the certificate by which they know it."""

import datetime
import os
from pathlib import Path

from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir, NodeInfo


def tls_files(settings: NodeSettings) -> tuple[Path | None, Path | None]:
    """The certificate and its key; None for plain HTTP. Raises ValueError, `StoreUnusable`."""
    if settings.tls == "files":
        return settings.tls_certificate, settings.tls_key
    if settings.tls == "self-signed":
        from shardline.tls import self_signed

        if settings.data_dir is None:
            raise ValueError("a self-signed certificate needs a data directory to be kept in")
        now = datetime.datetime.now(datetime.UTC)
        return self_signed(settings.data_dir, settings.host, now)
    return None, None


def tell_neighbours(settings: NodeSettings, endpoint: str, certificate: Path | None) -> None:
    """Let `shardline env` and the others find this server."""
    if settings.data_dir is None:
        return
    self_made = settings.tls == "self-signed"
    DataDir(settings.data_dir).write_node_file(
        NodeInfo(
            endpoint=endpoint,
            region=settings.region,
            account=settings.account,
            tls_ca=str(certificate.absolute()) if certificate and self_made else None,
            pid=os.getpid(),
        )
    )


def reachable(host: str) -> str:
    """The address under which this machine reaches itself, for a server on all addresses."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{local}]" if ":" in local else local
