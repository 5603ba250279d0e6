# SPDX-License-Identifier: MIT
"""Processes of Python: fork, exec, pipes, pools, sockets between them."""
import asyncio
import concurrent.futures
import multiprocessing
import os
import pty
import signal
import socket
import subprocess
import sys
import threading


def square(n):
    return n * n


def forks():
    child = os.fork()
    if not child:
        os._exit(7)
    print("exit", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    child = os.fork()
    if not child:
        signal.pause()
    os.kill(child, signal.SIGTERM)
    info = os.waitid(os.P_PID, child, os.WEXITED)
    print("killed", info.si_status, info.si_code)
    child = os.posix_spawn("/bin/echo", ["echo", "spawned"], os.environ)
    print("spawn", os.waitpid(child, 0)[1])
    fd = os.pidfd_open(os.getpid())
    print("pidfd", fd >= 0)
    try:
        os.waitpid(-1, 0)
    except ChildProcessError as e:
        print("none", e)
    sys.stdout.flush()


def subprocesses():
    run = subprocess.run
    print(run(["tr", "a-z", "A-Z"], input="text", text=True,
              capture_output=True).stdout)
    print(run("echo out; echo err >&2; exit 4", shell=True, text=True,
              capture_output=True))
    print(run(["sh", "-c", "kill -9 $$"]).returncode)
    try:
        run(["sleep", "10"], timeout=0.1)
    except subprocess.TimeoutExpired as e:
        print("timeout of", e.cmd)
    try:
        run(["/nonexistent"])
    except FileNotFoundError as e:
        print(e)
    print(run(["pwd"], cwd="/usr", capture_output=True).stdout)
    print(run(["env"], env={"ONLY": "this"}, capture_output=True).stdout)
    print(run(["id", "-u"], user=1000, group=1000, extra_groups=[],
              capture_output=True).stdout)
    print(run(["ps", "-o", "sid=,pgid=,pid=", "--no-headers"],
              start_new_session=True, capture_output=True).returncode)
    r, w = os.pipe()
    with subprocess.Popen(["cat", f"/proc/self/fd/{r}"], pass_fds=[r],
                          stdout=subprocess.PIPE) as p:
        os.close(r)
        os.write(w, b"passed on")
        os.close(w)
        print(p.communicate()[0])
    a = subprocess.Popen(["seq", "100000"], stdout=subprocess.PIPE)
    b = subprocess.Popen(["wc", "-l"], stdin=a.stdout, stdout=subprocess.PIPE)
    a.stdout.close()
    print(b.communicate()[0], a.wait())


def pools():
    with concurrent.futures.ProcessPoolExecutor(4) as pool:
        print(sum(pool.map(square, range(200), chunksize=10)))
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, pool.map(square, [1, 2, 3]))
    queue = multiprocessing.Queue()
    p = multiprocessing.Process(target=queue.put, args=({"a": [1, 2]},))
    p.start()
    print(queue.get(timeout=30), p.join(), p.exitcode)
    value = multiprocessing.Value("i", 0)

    def add():
        for _ in range(1000):
            with value.get_lock():
                value.value += 1
    workers = [multiprocessing.Process(target=add) for _ in range(4)]
    for p in workers:
        p.start()
    for p in workers:
        p.join()
    print("counted", value.value)


def sockets():
    a, b = socket.socketpair()
    a.send(b"over there")
    print(b.recv(100))
    socket.send_fds(a, [b"fd"], [1])
    print(socket.recv_fds(b, 10, 1)[0])
    server = socket.socket(socket.AF_UNIX)
    server.bind("sock")
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect("sock")
    accepted = server.accept()[0]
    client.sendall(b"x" * 100000)
    client.shutdown(socket.SHUT_WR)
    got = 0
    while data := accepted.recv(65536):
        got += len(data)
    print("stream", got)


async def tasks():
    async def after(delay, what):
        await asyncio.sleep(delay)
        return what
    print(await asyncio.gather(after(0.02, "slow"), after(0, "fast")))
    p = await asyncio.create_subprocess_exec(
        "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    print((await p.communicate(b"through cat"))[0], p.returncode)
    try:
        await asyncio.wait_for(after(10, "never"), 0.05)
    except asyncio.TimeoutError:
        print("timeout")
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, threading.active_count) > 1)


def terminal():
    child, fd = pty.fork()
    if not child:
        os.execlp("sh", "sh", "-c", "tty >/dev/null && read x && echo got $x")
    os.write(fd, b"typed\n")
    text = b""
    try:
        while data := os.read(fd, 1000):
            text += data
    except OSError:
        pass
    print(text, os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for part in (forks, subprocesses, pools, sockets, terminal):
        print("---", part.__name__, flush=True)
        part()
    print("--- asyncio", flush=True)
    asyncio.run(tasks())
