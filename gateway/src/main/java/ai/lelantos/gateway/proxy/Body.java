package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Cuts the body of one HTTP/1.1 message out of the bytes of its connection, checking the framing as it goes.
abstract sealed class Body permits Body.Fixed, Body.UntilClose, ChunkedBody {

    /// The next piece of the body, null when `in` holds nothing of it. Its owner is the caller.
    abstract @Nullable ByteBuf cut(ByteBuf in);

    abstract boolean finished();

    /// Whether the end of the connection is the end of this body.
    boolean endsWithConnection() {
        return false;
    }

    /// The body that a head announces. `raw` keeps the chunks' framing in the pieces, for a next hop that speaks the
    /// same.
    static Body of(Head.Length length, long contentLength, boolean raw) {
        return switch (length) {
            case NONE -> new Fixed(0);
            case FIXED -> new Fixed(contentLength);
            case CHUNKED -> new ChunkedBody(raw);
            case UNTIL_CLOSE -> new UntilClose();
        };
    }

    static final class Fixed extends Body {

        private long left;

        private Fixed(long length) {
            left = length;
        }

        @Override
        @Nullable
        ByteBuf cut(ByteBuf in) {
            int length = (int) Math.min(left, in.readableBytes());
            left -= length;
            return length == 0 ? null : in.readRetainedSlice(length);
        }

        @Override
        boolean finished() {
            return left == 0;
        }
    }

    static final class UntilClose extends Body {

        @Override
        @Nullable
        ByteBuf cut(ByteBuf in) {
            return in.isReadable() ? in.readRetainedSlice(in.readableBytes()) : null;
        }

        @Override
        boolean finished() {
            return false;
        }

        @Override
        boolean endsWithConnection() {
            return true;
        }
    }
}
