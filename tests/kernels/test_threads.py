"""Work is shared out among threads without gap or overlap."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import threads


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(0, 9), max_size=12),
    first=st.integers(0, 5),
    count=st.integers(1, 5),
    most=st.integers(1, 20),
)
def test_portions_are_all_rows_in_order(sizes, first, count, most):
    """Each row in one of them, none empty but where there is nothing, and rows of one place never parted."""
    borders = first + np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: count)
        patch.setattr(threads, "_SHORT", 1)
        parts = threads.portions(borders)
        small = threads.portions(borders, most)
    assert [row for low, high in small for row in range(low, high)] == list(range(len(sizes)))
    assert len(small) >= len(parts) and all(borders[high - 1] - borders[low] <= most for low, high in small if high)
    assert [row for low, high in parts for row in range(low, high)] == list(range(len(sizes)))
    assert len(parts) <= count and (parts == [(0, 0)] or all(low < high for low, high in parts))
    assert all(borders[low - 1] < borders[low] for low, _ in parts[1:])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(words=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3), max_size=40), count=st.integers(1, 5))
def test_words_are_sorted_in_shares_as_in_one_piece(words, count):
    expected, found = sorted(words), np.array(words, np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: count)
        patch.setattr(threads, "_SHORT", 2)
        threads.sort(found)
    assert found.tolist() == expected


def test_a_short_text_is_worth_no_thread():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: 2)
        assert threads.portions(np.array([0, 10, 20])) == [(0, 2)]
        assert threads.portions(np.array([0, 1 << 20, 2 << 20])) == [(0, 1), (1, 2)]


def test_room_is_taken_in_the_order_of_the_tasks_whoever_is_ready_first():
    """A task that is ready early waits for those before it; one that fails takes nothing and stops nobody."""
    sizes = [3, 0, 5, 2, 7, 1, 4, 2]
    room = threads.Room()
    later = threading.Event()

    def found(number):
        with room.of(number) as taken:
            if number == 0:
                later.wait(5)  # the second is ready first
            elif number == 1:
                later.set()
            if number == 4:
                raise ValueError(number)
            return taken(sizes[number])

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(found, number) for number in range(len(sizes))]
    assert isinstance(done[4].exception(), ValueError)
    assert [one.result() for one in done if one is not done[4]] == [0, 3, 3, 8, 10, 11, 15]


def test_tasks_apart_have_a_thread_each_and_keep_their_order(monkeypatch):
    """With two threads two tasks are under way at once; a scheduler that bears it not gets one."""
    both = threading.Barrier(2, timeout=10)

    def found(number):
        both.wait()
        return number, threads.allowed(), threading.get_ident()

    monkeypatch.setattr(threads, "_scheduler", lambda: "omp")
    with threads.threads(2):
        if threads.allowed() < 2:
            pytest.skip("one core")
        rows = threads.apart(found, range(4))
        assert [number for number, _, _ in rows] == [0, 1, 2, 3]
        assert {count for _, count, _ in rows} == {1} and threading.get_ident() not in {one for _, _, one in rows}
        (alone,) = threads.apart(lambda _: (threads.allowed(), threading.get_ident()), range(1))
        assert alone == (2, threading.get_ident())  # a task that is the only one has all threads for its kernels
        monkeypatch.setattr(threads, "_scheduler", lambda: "workqueue")
        rows = threads.apart(lambda number: (number, threads.allowed(), threading.get_ident()), range(3))
        assert rows == [(number, 2, threading.get_ident()) for number in range(3)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_made_ahead_comes_in_order_and_not_all_of_it_at_once(monkeypatch, count):
    """Whoever takes no more stops the making; what fails is told where its turn is."""
    monkeypatch.setattr(threads, "allowed", lambda: count)
    begun = []

    def made(number):
        begun.append(number)
        return 12 // (number - 20)

    rows = threads.ahead(made, range(40))
    assert [next(rows) for _ in range(5)] == [12 // (number - 20) for number in range(5)]
    rows.close()
    assert len(begun) <= 5 + 2 * count + 1
    rows = threads.ahead(made, range(40))
    assert len([next(rows) for _ in range(20)]) == 20
    with pytest.raises(ZeroDivisionError):
        next(rows)


@pytest.mark.parametrize("count", [1, 2])
def test_what_works_beside_a_block_is_found_behind_it_and_an_error_told_when_asked_for(monkeypatch, count):
    monkeypatch.setattr(threads, "allowed", lambda: count)
    with threads.beside(divmod, 17, 5) as found:
        assert found() == (3, 2)
    assert found() == (3, 2)
    with pytest.raises(ZeroDivisionError), threads.beside(divmod, 17, 0) as found:
        found()


def test_threads_give_way_to_one_another_sooner_until_the_last_block_is_left():
    """Whichever of two blocks, in threads of their own, is left first."""
    before = sys.getswitchinterval()
    for first, second in ((0, 1), (1, 0)):
        blocks = [threads.threads(1), threads.threads(1)]
        for block in blocks:
            block.__enter__()
            assert sys.getswitchinterval() < before
        blocks[first].__exit__(None, None, None)
        assert sys.getswitchinterval() < before
        blocks[second].__exit__(None, None, None)
        assert sys.getswitchinterval() == before


@pytest.mark.parametrize(("asked", "policy"), [(None, "PASSIVE"), ("active", "ACTIVE")])
def test_threads_of_kernels_sleep_where_they_wait_unless_the_user_has_said_otherwise(asked, policy):
    """Told by OpenMP itself, which says what it found in its environment; ours is as before then."""
    code = (
        "import os; from dedup.kernels.threads import threads\n"
        "with threads(1): print(os.environ.get('OMP_WAIT_POLICY'))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"OMP_DISPLAY_ENV": "true"} | ({"OMP_WAIT_POLICY": asked} if asked else {})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    if "OPENMP DISPLAY ENVIRONMENT" not in done.stderr:
        pytest.skip("numba finds no OpenMP here that tells its environment")
    assert done.stdout == f"{asked}\n"
    assert f"OMP_WAIT_POLICY = '{policy}'" in done.stderr
