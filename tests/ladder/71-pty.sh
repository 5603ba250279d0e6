#!/bin/bash
# Programs on pseudo-terminals that Python plays the person at.
python3 "$LADDER/pty_session.py" | tr -d "\r"
