#!/usr/bin/env python3
# test: timeout=900
"""The scenario with its usual seed; run.py takes other dialogues and seeds."""

import sys

import run

sys.exit(run.main())
