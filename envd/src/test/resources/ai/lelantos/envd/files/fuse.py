# An empty directory served through FUSE: fuse.py DIRECTORY. Says `mounted` and serves until it is killed.
import ctypes, os, struct, sys

LOOKUP, GETATTR, STATFS, GETXATTR, OPENDIR, READDIR, RELEASEDIR, INIT = 1, 3, 17, 22, 27, 28, 29, 26
FORGET, BATCH_FORGET, INTERRUPT, DESTROY = 2, 42, 36, 38
ENOENT, ENOSYS = 2, 38
DIRECTORY = 0o040755

device = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device
if libc.mount(b"test", sys.argv[1].encode(), b"fuse", 0, options.encode()) != 0:
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
print("mounted", flush=True)

attributes = struct.pack("QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0, DIRECTORY, 2, 0, 0, 0, 512, 0)
answers = {
    INIT: struct.pack("IIIIHHII", 7, 31, 65536, 0, 12, 10, 4096, 1) + bytes(36),
    GETATTR: struct.pack("QII", 1, 0, 0) + attributes,
    STATFS: struct.pack("QQQQQIIII", 0, 0, 0, 0, 0, 512, 255, 512, 0) + bytes(24),
    OPENDIR: struct.pack("QII", 1, 0, 0),
    READDIR: b"",
    RELEASEDIR: b"",
}
while True:
    request = os.read(device, 1 << 17)
    _, operation, unique = struct.unpack_from("IIQ", request)
    if operation in (FORGET, BATCH_FORGET, INTERRUPT):
        continue
    body = answers.get(operation, b"")
    error = 0 if operation in answers else -ENOENT if operation == LOOKUP else -ENOSYS
    os.write(device, struct.pack("IiQ", 16 + len(body), error, unique) + body)
