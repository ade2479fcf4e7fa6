"""Acts at the same moment, each in a thread with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection


def race(act: Callable[[int], object], people: int = 4) -> list[object]:
    """Run `act(0)` … at the same moment in real threads; what each returned or raised."""
    barrier = Barrier(people)
    results: list[object] = [None] * people

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            results[number] = act(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
