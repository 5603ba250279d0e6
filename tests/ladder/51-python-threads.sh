#!/bin/sh
# python3 with threads: locks, queues, signals and forks among them.
python3 "$LADDER/python_threads.py"; echo "status $?"
