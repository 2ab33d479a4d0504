package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;

/// What the messages of one answer become: encoded and compressed as the request's headers let us.
record AnswerEncoder(Codec codec, Compression encoding) {

    /// A whole body.
    ByteString body(Message message) {
        ByteString plain = codec.encode(message);
        return isPacked() ? encoding.compress(plain) : plain;
    }

    /// One envelope of a stream.
    Frame frame(Message message) {
        if (isPacked()) {
            return new Frame.Encoded(new Envelope(Envelope.COMPRESSED, body(message)));
        }
        return switch (codec) {
            case Codec.Proto _ -> Frame.Unencoded.of(message);
            case Codec.Json _ -> new Frame.Encoded(Envelope.of(body(message)));
        };
    }

    private boolean isPacked() {
        return encoding != Compression.IDENTITY;
    }
}
