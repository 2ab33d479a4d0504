package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/// The kernel's word that a TCP socket nobody was connected to was closed: a listener, most of the time.
public final class ListenerEnds {

    private static final System.Logger LOG = System.getLogger(ListenerEnds.class.getName());
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NONBLOCK = 04000;
    private static final int SOCK_DIAG = 4;

    /// Ends of TCP sockets of both families.
    private static final int GROUPS = 1 | (1 << 2);

    private static final int ADDRESS_BYTES = 12;
    private static final int HEADER_BYTES = 16;
    private static final int SOURCE_PORT_AT = HEADER_BYTES + 4;
    private static final int PEER_PORT_AT = HEADER_BYTES + 6;

    private static final CFunction SOCKET = CFunction.named("socket");
    private static final CFunction BIND = CFunction.named("bind");

    private ListenerEnds() {}

    /// Calls back on the loop with the port, as long as the agent lives. A kernel that does not tell is no failure.
    public static void listen(Loop loop, IntConsumer ended) {
        try {
            int fd = open();
            loop.execute(() -> {
                try {
                    long _ = loop.watch(fd, Epoll.IN, _ -> read(loop, fd, ended));
                } catch (Errno e) {
                    LOG.log(Level.WARNING, "ends of listeners are not told", e);
                }
            });
        } catch (Errno e) {
            LOG.log(Level.DEBUG, "ends of listeners are not told", e);
        }
    }

    private static int open() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int type = SOCK_RAW | NONBLOCK | Descriptors.O_CLOEXEC;
            int fd = SOCKET.call(state, AF_NETLINK, type, SOCK_DIAG);
            int _ = Errno.check(fd, "open a netlink socket");
            MemorySegment address = arena.allocate(ADDRESS_BYTES, 4);
            address.set(JAVA_SHORT, 0, (short) AF_NETLINK);
            address.set(JAVA_INT, 8, GROUPS);
            int bound = BIND.call(state, fd, address.address(), ADDRESS_BYTES);
            if (bound < 0) {
                Descriptors.close(fd);
            }
            int _ = Errno.check(bound, "join the ends of sockets");
            return fd;
        }
    }

    /// Reads what is there. Lost messages (ENOBUFS) are no harm: somebody also looks for himself.
    private static void read(Loop loop, int fd, IntConsumer ended) {
        MemorySegment buffer = loop.buffer();
        for (int bytes = read(loop, fd); bytes > 0 || bytes == -Errno.ENOBUFS; bytes = read(loop, fd)) {
            for (int at = 0; at + PEER_PORT_AT + 2 <= bytes; ) {
                int length = buffer.get(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, at);
                if (port(buffer, at + PEER_PORT_AT) == 0) {
                    ended.accept(port(buffer, at + SOURCE_PORT_AT));
                }
                at += Math.max(HEADER_BYTES, (length + 3) & ~3);
            }
        }
    }

    private static int read(Loop loop, int fd) {
        return Descriptors.read(fd, loop.buffer(), Loop.READ_BYTES_MAX, loop.state());
    }

    private static int port(MemorySegment message, int at) {
        return (message.get(JAVA_BYTE, at) & 0xff) << 8 | (message.get(JAVA_BYTE, at + 1) & 0xff);
    }
}
