"""The demo's last page: what `shardline doctor` says of the stream."""

import sys
from dataclasses import replace

from shardline.cli import streams
from shardline.cli.client import Target, make_client, reported_failures

LOOK_BACK_S = 3600


def doctors_page(target: Target, stream: str) -> str:
    """The page, with the minute that still runs. Raises `Failure`."""
    from shardline.cli.doctor_text import Paint, coloured, plain, text_of
    from shardline.doctor.diagnosis import diagnose
    from shardline.doctor.gather import Wish
    from shardline.module.scaling.span import DELAY_S

    now_s = streams.now_s()
    # Doctor leaves out the minutes that CloudWatch may not have yet. A server of our own has what
    # it counted when it is asked, and the flights are in those minutes: it looks from after them.
    after_s = (now_s // 60 + 1) * 60 + DELAY_S
    wish = Wish(stream, now_s - LOOK_BACK_S, after_s, target.endpoint)
    with reported_failures(target):
        report = diagnose(lambda service: make_client(target, service), wish)
    paint: Paint = coloured if sys.stdout.isatty() else plain
    return text_of(replace(report, at_s=now_s), paint=paint)
