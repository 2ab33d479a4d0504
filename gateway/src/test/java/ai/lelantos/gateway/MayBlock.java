package ai.lelantos.gateway;

import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/// The only calls that may block on a thread that must not, each with its reason.
public final class MayBlock implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder
                // Whoever swallows the error on the way, the log of the test shows where it was.
                .blockingMethodCallback(method -> {
                    BlockingOperationError error = new BlockingOperationError(method);
                    error.printStackTrace();
                    throw error;
                })
                // A class is loaded from its jar the first time it is used, on whatever thread that is.
                .allowBlockingCallsInside("java.lang.ClassLoader", "loadClass")
                .allowBlockingCallsInside("jdk.internal.loader.BuiltinClassLoader", "loadClassOrNull")
                .allowBlockingCallsInside("java.lang.invoke.MethodHandleNatives", "linkCallSite")
                // Resource bundles and service files are read once, by the libraries that own them.
                .allowBlockingCallsInside("java.util.ServiceLoader$LazyClassPathLookupIterator", "hasNextService")
                .allowBlockingCallsInside("java.util.ResourceBundle", "getBundle")
                // The driver's SCRAM login draws its nonce from the system's random device, once for each connection.
                .allowBlockingCallsInside("java.security.SecureRandom", "nextBytes")
                // Lines of the log go to a queue that drops instead of waiting; tests write them straight out.
                .allowBlockingCallsInside("ch.qos.logback.core.OutputStreamAppender", "subAppend")
                .allowBlockingCallsInside("ch.qos.logback.core.AsyncAppenderBase", "append")
                // A deadlock of schedulers would show as a test that times out; this is how they start their threads.
                .allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "offer")
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker");
    }
}
