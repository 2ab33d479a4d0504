package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// Who listens on TCP ports, asked of the kernel's socket diagnosis: it walks the listeners alone, where the tables in
/// `/proc/net` walk every connection the whole host has room for.
public final class ListeningSockets {

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_DIAG = 4;
    private static final int TCP = 6;
    private static final int LISTENING = 1 << 10;

    private static final int HEADER_BYTES = 16;
    private static final int REQUEST_BYTES = HEADER_BYTES + 56;
    private static final short BY_FAMILY = 20;
    private static final short REQUEST_DUMP = 0x301;
    private static final short DONE = 3;
    private static final int PORT_AT = HEADER_BYTES + 4;
    private static final int ADDRESS_AT = HEADER_BYTES + 8;
    private static final int BATCH_BYTES = 32 << 10;

    /// Listeners looked at; a sandbox with more has its first ones seen.
    private static final int LISTENERS_MAX = 4_096;

    private static final CFunction SOCKET = CFunction.named("socket");

    private ListeningSockets() {}

    /// All of this network namespace; an IPv4 address in IPv6 clothes comes as the IPv4 address it is.
    public static List<InetSocketAddress> list() throws IOException {
        var found = new ArrayList<InetSocketAddress>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int type = SOCK_RAW | Descriptors.O_NONBLOCK | Descriptors.O_CLOEXEC;
            int fd = Errno.check(SOCKET.call(state, AF_NETLINK, type, SOCK_DIAG), "open a netlink socket");
            try {
                dump(fd, AF_INET6, arena, state, found);
                dump(fd, AF_INET, arena, state, found);
            } finally {
                Descriptors.close(fd);
            }
        }
        return found;
    }

    /// The kernel has the whole answer ready before the question returns, so nothing here waits.
    private static void dump(int fd, int family, Arena arena, MemorySegment state, List<InetSocketAddress> found)
            throws IOException {
        MemorySegment question = arena.allocate(REQUEST_BYTES, 8);
        question.set(JAVA_INT, 0, REQUEST_BYTES);
        question.set(JAVA_SHORT, 4, BY_FAMILY);
        question.set(JAVA_SHORT, 6, REQUEST_DUMP);
        question.set(JAVA_BYTE, HEADER_BYTES, (byte) family);
        question.set(JAVA_BYTE, HEADER_BYTES + 1, (byte) TCP);
        question.set(JAVA_INT, HEADER_BYTES + 4, LISTENING);
        int _ = Errno.check(Descriptors.write(fd, question, REQUEST_BYTES, state), "ask for listening sockets");
        MemorySegment batch = arena.allocate(BATCH_BYTES, 8);
        boolean more = true;
        while (more) {
            int bytes = Errno.check(Descriptors.read(fd, batch, BATCH_BYTES, state), "hear of listening sockets");
            more = collect(batch.asSlice(0, bytes), family == AF_INET ? 4 : 16, found);
        }
    }

    /// Whether there may be more to come.
    private static boolean collect(MemorySegment batch, int addressBytes, List<InetSocketAddress> found)
            throws IOException {
        for (long at = 0; at + HEADER_BYTES <= batch.byteSize(); ) {
            int length = batch.get(JAVA_INT_UNALIGNED, at);
            short kind = batch.get(JAVA_SHORT_UNALIGNED, at + 4);
            if (kind == DONE) {
                return false;
            }
            if (kind != BY_FAMILY) {
                throw new IOException("the kernel does not tell who listens");
            }
            if (found.size() < LISTENERS_MAX) {
                byte[] address = batch.asSlice(at + ADDRESS_AT, addressBytes).toArray(JAVA_BYTE);
                int port = (batch.get(JAVA_BYTE, at + PORT_AT) & 0xff) << 8
                        | (batch.get(JAVA_BYTE, at + PORT_AT + 1) & 0xff);
                found.add(new InetSocketAddress(InetAddress.getByAddress(address), port));
            }
            at += Math.max(HEADER_BYTES, (length + 3) & ~3);
        }
        return batch.byteSize() > 0;
    }
}
