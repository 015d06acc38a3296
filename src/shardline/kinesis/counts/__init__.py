"""What Kinesis counts about itself, and publishes in the namespace AWS/Kinesis.

metrics.py      every metric: its name, unit and dimensions, and what one sample of it is
columns.py      what calls came to, as plain numbers, and which samples follow from them
stream.py       one stream's counts: by the clock's minute, and since the process started
outcomes.py     which failures of a call are samples
publishing.py   takes what was counted to the metric store
"""
