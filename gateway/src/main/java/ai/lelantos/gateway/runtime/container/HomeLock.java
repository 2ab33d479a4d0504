package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One gateway per home: two would end each other's machines. The kernel lets go of it when the gateway ends, however.
record HomeLock(FileChannel file) implements AutoCloseable {

    static HomeLock take(Path home) throws IOException {
        Path run = Files.createDirectories(home.resolve("run"));
        FileChannel file =
                FileChannel.open(run.resolve("runtime.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (file.tryLock() != null) {
                return new HomeLock(file);
            }
        } catch (OverlappingFileLockException sameProcess) {
            // taken by another driver in this very process
        }
        file.close();
        throw new RuntimeRefused(Reason.HOST, "another gateway runs the machines of " + home + "; stop it first");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
