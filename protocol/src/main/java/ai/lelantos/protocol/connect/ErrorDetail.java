package ai.lelantos.protocol.connect;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;

/// One typed detail of an error: the full name of a protobuf message and its bytes.
public record ErrorDetail(String type, ByteString value) {

    private static final String URL_PREFIX = "type.googleapis.com/";

    public static ErrorDetail of(Message detail) {
        return new ErrorDetail(detail.getDescriptorForType().getFullName(), detail.toByteString());
    }

    public static ErrorDetail of(Any any) {
        String url = any.getTypeUrl();
        return new ErrorDetail(url.substring(url.lastIndexOf('/') + 1), any.getValue());
    }

    public Any toAny() {
        return Any.newBuilder().setTypeUrl(URL_PREFIX + type).setValue(value).build();
    }
}
