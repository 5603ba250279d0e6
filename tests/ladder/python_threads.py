# SPDX-License-Identifier: MIT
"""Threads of Python, from a lock to three hundred at once."""
import concurrent.futures
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time


def counting():
    total, lock = [0], threading.Lock()

    def add():
        for _ in range(20000):
            with lock:
                total[0] += 1
    threads = [threading.Thread(target=add) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("counted", total[0])


def queues():
    todo, done = queue.Queue(10), queue.Queue()

    def work():
        while (n := todo.get()) is not None:
            done.put(n * n)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for n in range(1000):
        todo.put(n)
    for t in threads:
        todo.put(None)
    for t in threads:
        t.join()
    print("squares", sum(done.get() for _ in range(1000)))


def meeting():
    barrier, seen = threading.Barrier(5), []

    def come(n):
        for _ in range(50):
            barrier.wait()
        seen.append(n)
    threads = [threading.Thread(target=come, args=(n,)) for n in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("met", sorted(seen))
    event = threading.Event()
    print("event", event.wait(0.02))
    threading.Timer(0.02, event.set).start()
    print("event", event.wait(30))
    condition, items = threading.Condition(), []

    def produce():
        with condition:
            items.append(1)
            condition.notify_all()
    threading.Thread(target=produce).start()
    with condition:
        print("condition", condition.wait_for(lambda: items, 30))
    lock = threading.Lock()
    lock.acquire()
    print("timeout", lock.acquire(timeout=0.02))
    semaphore = threading.Semaphore(2)
    print("semaphore", semaphore.acquire(), semaphore.acquire(),
          semaphore.acquire(blocking=False))


def identity():
    ids = []

    def show():
        ids.append((threading.get_native_id(), os.getpid()))
    t = threading.Thread(target=show)
    t.start()
    t.join()
    print("tid", ids[0][0] != os.getpid(), ids[0][1] == os.getpid())
    print("main", threading.get_native_id() == os.getpid())
    local = threading.local()
    local.x = 1
    got = []
    t = threading.Thread(target=lambda: got.append(hasattr(local, "x")))
    t.start()
    t.join()
    print("local", got)
    stop = threading.Event()
    many = [threading.Thread(target=stop.wait) for _ in range(300)]
    for t in many:
        t.start()
    tasks = os.listdir("/proc/self/task")
    print("tasks", len(tasks), str(os.getpid()) in tasks)
    with open("/proc/self/status", encoding="ascii") as f:
        print([line.split()[1] for line in f if line.startswith("Threads")])
    stop.set()
    for t in many:
        t.join()
    threading.stack_size(256 << 10)
    t = threading.Thread(target=lambda: print("small stack"))
    t.start()
    t.join()


def signals():
    got = []
    signal.signal(signal.SIGUSR1,
                  lambda n, f: got.append(threading.current_thread().name))
    thread = threading.Thread(target=time.sleep, args=(0.2,))
    thread.start()
    signal.pthread_kill(thread.ident, signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    thread.join()
    print("handled by", set(got), len(got) in (1, 2))


def processes():
    def run(n):
        return subprocess.run(["echo", str(n)], capture_output=True,
                              text=True).stdout.strip()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print("ran", " ".join(pool.map(run, range(16))))

    def spin():
        while True:
            pass
    sys.stdout.flush()
    child = os.fork()
    if not child:
        for _ in range(3):
            threading.Thread(target=spin, daemon=True).start()
        os._exit(5)
    print("exit among threads", os.waitpid(child, 0)[1] >> 8)
    child = os.fork()
    if not child:
        threading.Thread(target=spin, daemon=True).start()
        t = threading.Thread(target=os.execlp, args=("echo", "echo",
                                                     "exec from a thread"))
        t.start()
        t.join()
    print("status", os.waitpid(child, 0)[1])


def native():
    libc = ctypes.CDLL(None)
    begun = time.monotonic()

    def sleep():
        libc.usleep(100000)
    threads = [threading.Thread(target=sleep) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("at once", time.monotonic() - begun >= 0.1)
    print("switch", sys.getswitchinterval())


for part in (counting, queues, meeting, identity, signals, processes, native):
    print("---", part.__name__, flush=True)
    part()
