package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Compression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What may differ from call to call.
///
/// @param timeout told to the peer and held on this side too; empty is no deadline
/// @param headers sent with the request, repeated names as often as they stand here
/// @param compression of the request's messages; answers may be gzipped whatever it says
/// @param messageBytesMax what one answered message may be, decompressed
/// @param get unary methods without side effects go as GET
public record CallOptions(
        Optional<Duration> timeout,
        List<Map.Entry<String, String>> headers,
        Compression compression,
        int messageBytesMax,
        boolean get) {

    /// A process may print a lot, but not more than this in one message.
    private static final int MESSAGE_BYTES_MAX = 64 << 20;

    public static final CallOptions DEFAULT =
            new CallOptions(Optional.empty(), List.of(), Compression.IDENTITY, MESSAGE_BYTES_MAX, false);

    public CallOptions {
        headers = List.copyOf(headers);
    }

    public CallOptions withTimeout(Duration timeout) {
        return new CallOptions(Optional.of(timeout), headers, compression, messageBytesMax, get);
    }

    public CallOptions withHeader(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(Map.entry(name, value));
        return new CallOptions(timeout, more, compression, messageBytesMax, get);
    }

    public CallOptions withCompression(Compression compression) {
        return new CallOptions(timeout, headers, compression, messageBytesMax, get);
    }

    public CallOptions withMessageBytesMax(int messageBytesMax) {
        return new CallOptions(timeout, headers, compression, messageBytesMax, get);
    }

    public CallOptions withGet() {
        return new CallOptions(timeout, headers, compression, messageBytesMax, true);
    }
}
