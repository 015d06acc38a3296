"""Time goes by, data expires, the retention changes; the node cleans up, or is started again."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from model.machine import INVALID, OFTEN, Machine

SECOND, HOUR = 1000, 3_600_000
SHORT_MS = [1, SECOND - 1, SECOND, 299 * SECOND, 300 * SECOND, HOUR, 6 * HOUR]
LONG_MS = [12 * HOUR, 24 * HOUR, 48 * HOUR]
HOURS = [24, 30, 36, 48, 60, 168] * OFTEN + [23, 8760, 8761]


class TimeRules(Machine):
    """What is older than the retention is gone, and a longer one brings nothing back."""

    @rule(step_ms=st.sampled_from(SHORT_MS + LONG_MS * 2))
    def advance(self, step_ms: int) -> None:
        self.clock.advance(milliseconds=step_ms)
        self.settle()

    @precondition(lambda self: any(stream.due_ms for stream in self.streams.values()))
    @rule()
    def let_it_be_done(self) -> None:
        """Wait for the changes that are under way, and not longer."""
        due_ms = max(stream.due_ms or 0 for stream in self.streams.values())
        self.advance(due_ms - self.now_ms)

    @precondition(lambda self: self.times_of_expiry())
    @rule(past_ms=st.sampled_from([0, 1]), data=st.data())
    def let_something_expire(self, past_ms: int, data: st.DataObject) -> None:
        """Go to the last moment at which a record or a closed shard is there, or just past it."""
        at_ms = data.draw(st.sampled_from(self.times_of_expiry()), label="time")
        self.advance(at_ms + past_ms - self.now_ms)

    def times_of_expiry(self) -> list[int]:
        """When what is there now will have the age of the retention."""
        times = {
            happened_ms + stream.retention_hours * HOUR
            for stream in self.streams.values()
            for happened_ms in (
                *(record.arrived_ms for record in stream.kept(self.now_ms)),
                *(shard.closed_ms for shard in stream.visible(self.now_ms) if shard.closed_ms),
            )
        }
        return sorted(time_ms for time_ms in times if time_ms >= self.now_ms)

    @rule(
        hours=st.sampled_from(HOURS),
        is_right=st.sampled_from([True] * OFTEN + [False]),
        data=st.data(),
    )
    def change_retention(self, hours: int, is_right: bool, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        is_longer = stream is None or hours > stream.retention_hours
        which = "Increase" if is_longer == is_right else "Decrease"
        code = self.refusal_of_change(stream)
        if not 24 <= hours <= 8760:
            code = INVALID
        elif stream is not None:
            now = stream.retention_hours
            if hours == now:
                code = None
            elif (hours > now) != (which == "Increase"):
                code = INVALID
        operation = f"{which}StreamRetentionPeriod"
        self.expect(code, operation, StreamName=name, RetentionPeriodHours=hours)
        if stream and code is None and hours != stream.retention_hours:
            stream.retain(hours, self.now_ms)
            self.begin(stream, "UPDATING")

    @rule()
    def clean_up(self) -> None:
        """Upkeep is never punctual: it may come between any two calls, or not at all."""
        self.node.upkeep()

    @precondition(lambda self: self.on_disk)
    @rule()
    def restart(self) -> None:
        self.node.restart()
