"""Reads commands from standard input, one JSON object a line, and answers each with one line of JSON.

A client script passes an object whose methods are the commands; an exception becomes {"error": text}. The process ends with its
input, without leaving groups: what a killed client does.
"""

import json
import os
import sys


def serve(client):
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        try:
            answer = {"ok": getattr(client, name)(**command)}
        except Exception as error:  # the test decides what an error means
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)
    os._exit(0)


def raw(text):
    return None if text is None else text.encode()
