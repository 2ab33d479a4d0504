package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.ByteString;

/// What the client's envelopes of one call hold: decompressed and decoded as its headers say.
///
/// @param messageBytesMax of one message, after decompression
record RequestDecoder<Q>(RpcMethod<Q, ?> method, Protocol protocol, Compression encoding, int messageBytesMax) {

    @SuppressWarnings("unchecked") // the prototype is of the type that the method takes
    Q decode(Envelope envelope) {
        return (Q) protocol.codec().decode(plain(envelope), method.request());
    }

    private ByteString plain(Envelope envelope) {
        boolean bare = protocol instanceof Protocol.Unary;
        if (bare || (envelope.isCompressed() && encoding != Compression.IDENTITY)) {
            return envelope.payload().isEmpty()
                    ? envelope.payload()
                    : encoding.decompress(envelope.payload(), messageBytesMax);
        }
        if (envelope.isCompressed()) {
            throw ConnectError.of(Code.INTERNAL, "protocol error: sent compressed message without compression support")
                    .toFailure();
        }
        return envelope.payload();
    }
}
