# SPDX-License-Identifier: MIT
"""What Python's os and its neighbours ask of a kernel; prints what it gets."""
import ctypes
import errno
import fcntl
import mmap
import os
import resource
import select
import signal
import stat
import struct
import tempfile
import time


def says(what, call, *args, **kwargs):
    """Print the result, or which error it was."""
    try:
        print(what, call(*args, **kwargs))
    except OSError as e:
        print(what, errno.errorcode.get(e.errno, e.errno))


def files():
    with open("f", "w+b", buffering=0) as f:
        says("write", f.write, b"0123456789" * 100)
        says("pread", os.pread, f.fileno(), 5, 13)
        says("pwritev", os.pwritev, f.fileno(), [b"ab", b"cd"], 2)
        says("preadv", os.preadv, f.fileno(), [bytearray(4)], 2)
        says("truncate", f.truncate, 20)
        says("fallocate", os.posix_fallocate, f.fileno(), 0, 8192)
        says("size", lambda: os.fstat(f.fileno()).st_size)
        says("advise", os.posix_fadvise, f.fileno(), 0, 0,
             os.POSIX_FADV_SEQUENTIAL)
        says("lock", fcntl.lockf, f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        says("flock", fcntl.flock, f, fcntl.LOCK_SH)
        says("getfl", lambda: fcntl.fcntl(f, fcntl.F_GETFL) & 3)
        with open("g", "w+b") as g:
            says("sendfile", os.sendfile, g.fileno(), f.fileno(), 0, 10)
            says("copy", os.copy_file_range, f.fileno(), g.fileno(), 6, 0, 10)
    says("stat", lambda: oct(os.stat("f").st_mode))
    says("utime", os.utime, "f", ns=(10**9, 2 * 10**9 + 5))
    says("times", lambda: (os.stat("f").st_atime_ns, os.stat("f").st_mtime_ns))
    says("link", os.link, "f", "l")
    says("symlink", os.symlink, "f", "s")
    says("readlink", os.readlink, "s")
    says("rename", os.replace, "l", "h")
    says("mkdir", os.makedirs, "a/b/c")
    says("rmdir", os.rmdir, "a")
    says("scandir", lambda: sorted((e.name, e.is_dir(), e.is_symlink())
                                   for e in os.scandir(".")))
    says("walk", lambda: [d for d, _, _ in os.walk("a")])
    says("access", os.access, "f", os.X_OK)
    says("mkfifo", os.mkfifo, "p")
    says("isfifo", lambda: stat.S_ISFIFO(os.stat("p").st_mode))
    says("nofollow", os.open, "s", os.O_RDONLY | os.O_NOFOLLOW)
    says("excl", os.open, "f", os.O_CREAT | os.O_EXCL)
    says("dir_fd", lambda: os.listdir(os.open("a", os.O_RDONLY)))
    says("statvfs", lambda: os.statvfs(".").f_namemax)
    with tempfile.TemporaryFile() as t:
        says("tmpfile", t.write, b"x" * 5)
    says("memfd", lambda: os.readlink(
        f"/proc/self/fd/{os.memfd_create('name')}").split()[0])
    says("long name", os.mkdir, "n" * 256)
    says("loop", lambda: (os.symlink("loop", "loop"), os.stat("loop")))


def memory():
    with open("m", "w+b") as f:
        f.write(b"\0" * 8192)
        f.flush()
        with mmap.mmap(f.fileno(), 8192) as m:
            m[4096:4101] = b"bytes"
            says("flush", m.flush)
            f.seek(4096)
            print("mapped", f.read(5))
            says("resize", m.resize, 16384)
        print("size", os.stat("m").st_size)
        with mmap.mmap(f.fileno(), 4096, mmap.MAP_PRIVATE) as m:
            m[0] = 65
            f.seek(0)
            print("private", f.read(1))
    with mmap.mmap(-1, 1 << 20) as m:
        says("madvise", m.madvise, mmap.MADV_DONTNEED)
        child = os.fork()
        if not child:
            m[0:5] = b"child"
            os._exit(0)
        os.waitpid(child, 0)
        print("shared", m[0:5])
    libc = ctypes.CDLL(None, use_errno=True)
    print("ctypes", libc.strlen(b"four"), libc.getppid() == os.getppid())
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                               ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 5)(5, 3, 1, 4, 2)
    libc.qsort(numbers, 5, 4, compare(lambda a, b: a[0] - b[0]))
    print("callback", list(numbers))


def waiting():
    r, w = os.pipe()
    print("select", select.select([r], [w], [], 0)[1] == [w])
    p = select.poll()
    p.register(r, select.POLLIN)
    says("poll", p.poll, 10)
    with select.epoll() as e:
        e.register(r, select.EPOLLIN)
        os.write(w, b"x")
        print("epoll", e.poll(1) == [(r, select.EPOLLIN)])
    print("nonblocking", os.get_blocking(r), os.set_blocking(r, False))
    os.read(r, 10)
    says("eagain", os.read, r, 1)
    os.close(r)
    says("epipe", os.write, w, b"x")
    print("eventfd", os.eventfd_read(os.eventfd(5)))
    says("pipe size", lambda: fcntl.fcntl(w, 1032))


def clocks():
    for name in ("REALTIME", "MONOTONIC", "PROCESS_CPUTIME_ID",
                 "THREAD_CPUTIME_ID", "BOOTTIME", "MONOTONIC_RAW"):
        clock = getattr(time, "CLOCK_" + name)
        a, b = time.clock_gettime_ns(clock), time.clock_gettime_ns(clock)
        print(name, 0 < a <= b, time.clock_getres(clock) > 0)
    says("bad clock", time.clock_gettime, 99)
    t = time.monotonic()
    time.sleep(0.05)
    print("slept", time.monotonic() - t >= 0.05)
    print("times", os.times().elapsed > 0, time.process_time() > 0)


def signals():
    got = []
    signal.signal(signal.SIGALRM, lambda n, f: got.append(n))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    while len(got) < 3:
        signal.pause()
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("alarms", len(got) >= 3, signal.getitimer(signal.ITIMER_REAL)[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    os.kill(os.getpid(), signal.SIGUSR1)
    print("pending", signal.sigpending())
    info = signal.sigtimedwait([signal.SIGUSR1], 1)
    print("waited", info.si_signo, info.si_pid == os.getpid())
    says("none", signal.sigtimedwait, [signal.SIGUSR2], 0.01)
    r, w = os.pipe()
    os.set_blocking(w, False)
    signal.set_wakeup_fd(w)
    signal.raise_signal(signal.SIGALRM)
    print("wakeup", os.read(r, 1))


def limits():
    print("nofile", resource.getrlimit(resource.RLIMIT_NOFILE))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 64))
    fds = []
    try:
        while True:
            fds.append(os.dup(0))
    except OSError as e:
        print("out of descriptors", errno.errorcode[e.errno], max(fds))
    for fd in fds:
        os.close(fd)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print("usage", usage.ru_maxrss > 1000, usage.ru_utime > 0)
    print("ids", os.getuid(), os.getresgid(), os.getgroups())
    print("priority", os.getpriority(os.PRIO_PROCESS, 0), os.nice(3))
    print("affinity", len(os.sched_getaffinity(0)) == os.cpu_count())
    print("uname", os.uname().sysname, os.uname().machine)
    print("pagesize", os.sysconf("SC_PAGESIZE"), struct.calcsize("P"))
    print("random", len(os.urandom(33)), len(os.getrandom(7)))
    says("getxattr", os.getxattr, "f", "user.none")


for part in (files, memory, waiting, clocks, signals, limits):
    print("---", part.__name__)
    part()
