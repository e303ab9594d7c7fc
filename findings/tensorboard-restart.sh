#!/usr/bin/env bash
# tensorboard 2.21.0: a run that resumes at an earlier step, and says so (SessionLog START), is read in three ways.
# The run: steps 1 to 6 of the tags loss and score. It resumes at step 4, and has written steps 4 and 5 of loss anew so far.
# Expected: steps from 4 on of the first part are gone, since they are of no run any more: loss 1 2 3 4' 5', score 1 2 3.
# Seen: so in EventAccumulator only. The page that TensorBoard serves by default (its data server) has loss 1 2 3 4' 5' but score 1 2 3 4 5 6:
# it drops old steps of a tag once that tag is written again, and never by the SessionLog. With --load_fast false the page has loss
# 1 2 3 4 5 6 4' 5', a curve that runs back, and score 1 2 3 4 5 6.
# Affected: everyone who resumes from a checkpoint: tags written rarely (images, evaluations) show steps that were undone. Instead: remove
# the later event files, or write every tag again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorboard==2.21.0 setuptools==84.2.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

print(f"tensorboard {tensorboard.__version__}")
tags = ("loss", "score")


def write(name, events):
    with open(f"logs/run/events.out.tfevents.{name}", "wb") as file:
        records = RecordWriter(file)
        for event in [Event(wall_time=0, file_version="brain.Event:2"), *events]:
            records.write(event.SerializeToString())
        records.flush()


def scalars(step, **values):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
    return Event(wall_time=step, step=step, summary=summary)


def served(load_fast):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "logs", "--port", f"{port}", "--load_fast", load_fast]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/data/plugin/scalars/scalars?run=run&tag="
        for _ in range(120):
            time.sleep(1)
            try:
                return {tag: [[step, value] for _, step, value in json.load(urllib.request.urlopen(address + tag))] for tag in tags}
            except OSError:
                pass
        sys.exit("expected an answer of TensorBoard within two minutes")
    finally:
        process.terminate()
        process.wait()


os.makedirs("logs/run")
write("0000000001.host.1.v2", [scalars(step, loss=step, score=step) for step in range(1, 7)])
restart = Event(wall_time=10, step=4, session_log=SessionLog(status=SessionLog.START))
write("0000000002.host.2.v2", [restart, *(scalars(step, loss=10 + step) for step in (4, 5))])

accumulator = EventAccumulator("logs/run")
accumulator.Reload()
seen = {
    "EventAccumulator": {tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags},
    "the page by default": served("true"),
    "the page with --load_fast false": served("false"),
}
first = [[step, float(step)] for step in range(1, 7)]
again = [[4, 14.0], [5, 15.0]]
expected = {"loss": first[:3] + again, "score": first[:3]}
for reader, found in seen.items():
    print(f"{reader}: expected {expected}")
    print(f"{' ' * len(reader)}  {'the same' if found == expected else found}")
if list(seen.values()) != [expected, {**expected, "score": first}, {"loss": first + again, "score": first}]:
    sys.exit("changed: runs that resume")
PYTHON
