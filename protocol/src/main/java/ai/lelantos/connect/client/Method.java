package ai.lelantos.connect.client;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;

/// A method as the client needs it: its path and an example of what it answers.
record Method<R extends Message>(String path, R answer, boolean safe, boolean answersOnce) {

    @SuppressWarnings("unchecked") // the answer's marshaller holds an example of the answer
    static <R extends Message> Method<R> of(MethodDescriptor<?, R> descriptor) {
        if (descriptor.getResponseMarshaller() instanceof PrototypeMarshaller<?> known
                && known.getMessagePrototype() instanceof Message answer) {
            return new Method<>(
                    "/" + descriptor.getFullMethodName(),
                    (R) answer,
                    descriptor.isSafe(),
                    descriptor.getType().serverSendsOneMessage());
        }
        throw new IllegalArgumentException(descriptor.getFullMethodName() + ": expected protobuf messages");
    }
}
