"""SIGTERM while producers write: what was accepted is answered, and all of it is there later."""

from pathlib import Path

import pytest

from durability.kills import new_seed, start
from durability.ledger import Fate
from durability.server_process import ServerProcess
from durability.trial import Trial

STOPS = 6

pytestmark = pytest.mark.timeout(300)


@pytest.mark.slow
def test_sigterm_answers_what_was_accepted(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        trial = Trial(server, new_seed(), with_churn=True)
        for _ in range(STOPS):
            start(trial)
            trial.check()
            # Given producers at work, when the server is asked to stop
            with trial.writing():
                trial.write_until(trial.random.randint(1, 40))
                code = server.terminate()
            # Then it ends as it should
            assert code == 0, server.last_words()
            assert not (server.data_dir / "node.json").exists()
        start(trial)
        trial.check()
        # And a record that is there was acknowledged: no request was done and not answered
        unanswered = {attempt.id for attempt in trial.ledger.with_fate(Fate.UNKNOWN)}
        assert unanswered.isdisjoint(trial.found), unanswered & set(trial.found)
        trial.check_whole()
        assert "Traceback" not in server.log.read_text(), server.last_words()
