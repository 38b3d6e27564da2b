"""Makes a folder by io_uring, past the calls that a filter of `mkdir` would see."""

import ctypes, mmap, platform, struct

libc = ctypes.CDLL(None, use_errno=True)
params = ctypes.create_string_buffer(120)
ring = libc.syscall(425, 4, params)
if ring < 0:
    raise OSError(ctypes.get_errno(), "io_uring_setup")
sq = struct.unpack_from("10I", params, 40)
head, tail, mask, entries, flags, dropped, array = sq[:7]
entries = struct.unpack_from("I", params, 0)[0]
queue = mmap.mmap(ring, array + entries * 4, offset=0)
requests = mmap.mmap(ring, entries * 64, offset=0x10000000)
path = ctypes.create_string_buffer(b"new")
IORING_OP_MKDIRAT = 37
request = struct.pack("<BBHiQQI", IORING_OP_MKDIRAT, 0, 0, -100, 0, ctypes.addressof(path), 0o700)
requests[0 : len(request)] = request
queue[array : array + 4] = struct.pack("I", 0)
queue[tail : tail + 4] = struct.pack("I", 1)
libc.syscall(426, ring, 1, 1, 1, 0, 0)
