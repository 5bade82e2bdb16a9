"""A person at a terminal."""

from __future__ import annotations

import os
import time


def typing(terminal: int, question: bytes, typed: str) -> str:
    """Type once a question stands on the screen; return the screen as it is when nobody writes to it any more."""
    screen, answered = b"", False
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux: the other end was closed
            break
        if not read:
            break
        screen += read
        if not answered and question in screen:
            # As a person would: a signal in the instant before read(2) waits for the next key.
            time.sleep(0.2)
            os.write(terminal, typed.encode())
            answered = True
    return screen.decode()
