package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.FileSystem;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.protocol.filesystem.EventType;
import ai.lelantos.protocol.filesystem.FilesystemEvent;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/// All watches of the sandbox: those of open streams, and those that are polled by their id.
final class Watchers {

    /// Each is an inotify instance of the agent's user, of which the kernel allows 128 by default.
    private static final int WATCHERS_MAX = 100;

    private static final String ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 20;

    private final Loop loop;
    private final Users users;
    private final Semaphore places = new Semaphore(WATCHERS_MAX);
    private final Map<String, Polled> polled = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    Watchers(Loop loop, Users users) {
        this.loop = loop;
        this.users = users;
    }

    private record Polled(Watcher watcher, boolean withEntries) {}

    /// Begins to watch a directory, through links; armed when this returns. [#end] gives its place back.
    Watcher begin(String path, boolean recursive, boolean allowNetwork) {
        FilePath root = root(path, allowNetwork);
        if (!places.tryAcquire()) {
            throw Tree.refused(
                    new Refusal.TooMuch("there are " + WATCHERS_MAX + " watchers, which is what a sandbox can have"));
        }
        try {
            return new Watcher(loop, root, recursive);
        } catch (Errno e) {
            places.release();
            throw Tree.refused(
                    switch (e.number()) {
                        case Errno.ENOSPC, Errno.EMFILE, Errno.ENOMEM ->
                            new Refusal.TooMuch("the kernel's limit of watches is reached, "
                                    + "see fs.inotify.max_user_watches and max_user_instances: " + e.getMessage());
                        default -> Refusal.of("error watching path " + path + ": ", e);
                    });
        }
    }

    private static FilePath root(String path, boolean allowNetwork) {
        try {
            FilePath asked = Tree.path(path);
            if (!Stat.of(asked).isDirectory()) {
                throw Tree.refused(new Refusal.Invalid("path " + path + " not a directory"));
            }
            FilePath root = Names.follow(asked);
            if (!allowNetwork && FileSystem.of(root).isNetwork()) {
                throw Tree.refused(new Refusal.Invalid("cannot watch path on network filesystem: " + path));
            }
            return root;
        } catch (Errno e) {
            throw Tree.refused(
                    e.number() == Errno.ENOENT
                            ? new Refusal.Missing("path " + path + " not found: " + e.getMessage())
                            : Refusal.of("error watching path " + path + ": ", e));
        }
    }

    void end(Watcher watcher) {
        watcher.close();
        places.release();
    }

    /// Begins a watch that lives until it is removed; its id.
    String create(String path, boolean recursive, boolean allowNetwork, boolean withEntries) {
        Watcher watcher = begin(path, recursive, allowNetwork);
        var id = new StringBuilder("w");
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_LETTERS.charAt(random.nextInt(ID_LETTERS.length())));
        }
        polled.put(id.toString(), new Polled(watcher, withEntries));
        return id.toString();
    }

    List<FilesystemEvent> poll(String id) {
        Polled found = polled.get(id);
        if (found == null) {
            throw unknown(id);
        }
        return described(found.watcher().fetch(), found.withEntries());
    }

    void remove(String id) {
        Polled found = polled.remove(id);
        if (found == null) {
            throw unknown(id);
        }
        end(found.watcher());
    }

    private static RefusedException unknown(String id) {
        return Tree.refused(new Refusal.Missing("watcher with id " + id + " not found"));
    }

    /// Changes for the client, with what it asked to know of entries that are still there.
    List<FilesystemEvent> described(List<Change> changes, boolean withEntries) {
        if (changes.isEmpty()) {
            return List.of();
        }
        Users.Snapshot now = users.now();
        return changes.stream()
                .map(change -> described(change, withEntries, now))
                .toList();
    }

    private static FilesystemEvent described(Change change, boolean withEntries, Users.Snapshot users) {
        var event = FilesystemEvent.newBuilder().setName(change.name()).setType(change.type());
        boolean there = change.type() == EventType.EVENT_TYPE_CREATE
                || change.type() == EventType.EVENT_TYPE_WRITE
                || change.type() == EventType.EVENT_TYPE_CHMOD;
        if (withEntries && there) {
            try {
                event.setEntry(Entry.describe(change.path(), change.path().text(), users));
            } catch (Errno _) {
                // Gone already, and the client will hear of that.
            }
        }
        return event.build();
    }
}
