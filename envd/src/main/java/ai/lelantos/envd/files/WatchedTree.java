package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Folder;
import ai.lelantos.envd.linux.Inotify;
import ai.lelantos.envd.linux.Inotify.Event;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.protocol.filesystem.EventType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A directory whose changes are followed, with everything below it if asked.
///
/// A directory that appears is watched at once, but what happened in it before that the kernel does not tell: it is
/// looked through, and what is found counts as created. What the kernel tells twice because of that is dropped. One
/// thread at a time.
final class WatchedTree implements AutoCloseable {

    /// In which order one event of the kernel that says several things is told.
    private static final List<Meaning> MEANINGS = List.of(
            new Meaning(Inotify.CREATE | Inotify.MOVED_TO, EventType.EVENT_TYPE_CREATE),
            new Meaning(Inotify.MOVED_FROM | Inotify.MOVE_SELF, EventType.EVENT_TYPE_RENAME),
            new Meaning(Inotify.ATTRIB, EventType.EVENT_TYPE_CHMOD),
            new Meaning(Inotify.MODIFY, EventType.EVENT_TYPE_WRITE),
            new Meaning(Inotify.DELETE | Inotify.DELETE_SELF, EventType.EVENT_TYPE_REMOVE));

    private final Inotify inotify;
    private final FilePath root;
    private final boolean recursive;
    private final Map<Integer, FilePath> watched = new HashMap<>();

    /// Read from the kernel and not told yet; a [Settled] tells that everything older than a scan is behind.
    private final ArrayDeque<Step> steps = new ArrayDeque<>();

    private final Map<Integer, Scan> scans = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private @Nullable Departure departure;

    private record Meaning(int bits, EventType type) {}

    private sealed interface Step permits Told, Settled {}

    private record Told(Event event) implements Step {}

    private record Settled(int watch) implements Step {}

    /// What clients were told to be in a directory that was looked through after its watch began. The kernel may tell
    /// of it once more, or of what was gone by then.
    private record Scan(Set<FilePath> there, Set<FilePath> written) {}

    /// A directory that left its place, until it is known whether it has another one in the tree.
    private record Departure(int cookie, FilePath path) {}

    /// @param root an existing directory, without links in its path
    WatchedTree(Inotify inotify, FilePath root, boolean recursive) throws Errno {
        this.inotify = inotify;
        this.root = root;
        this.recursive = recursive;
        arm(root, true);
    }

    /// What happened since the last call. An [IOException] means that this watch cannot go on.
    List<Change> next() throws IOException {
        fetch();
        for (Step step = steps.poll(); step != null; step = steps.poll()) {
            switch (step) {
                case Told(Event event) -> apply(event);
                case Settled(int watch) -> scans.remove(watch);
            }
        }
        var found = List.copyOf(changes);
        changes.clear();
        return found;
    }

    private void fetch() throws Errno {
        for (Event event : inotify.read()) {
            steps.add(new Told(event));
        }
    }

    private void apply(Event event) throws IOException {
        if (event.has(Inotify.OVERFLOW)) {
            throw new IOException("too much happened at once: the kernel dropped events");
        }
        boolean returned = departure != null && event.has(Inotify.MOVED_TO) && event.cookie() == departure.cookie();
        if (departure != null && !returned) {
            forget(departure.path());
            departure = null;
        }
        FilePath directory = watched.get(event.watch());
        if (directory == null) {
            return;
        }
        if (event.has(Inotify.IGNORED)) {
            watched.remove(event.watch());
            scans.remove(event.watch());
            return;
        }
        if (event.name() == null) {
            // A directory below the root has a parent that tells the same.
            if (directory.equals(root)) {
                tell(event.mask(), directory);
            }
            return;
        }
        FilePath path = directory.child(event.name());
        if (isKnown(event)) {
            return;
        }
        tell(event.mask(), path);
        if (recursive && event.isDirectory()) {
            follow(event, path, returned);
        }
    }

    /// Whether a scan told this already, or told of the time after it.
    private boolean isKnown(Event event) {
        Scan scan = scans.get(event.watch());
        FilePath name = event.name();
        if (scan == null || name == null) {
            return false;
        }
        if (event.has(Inotify.CREATE | Inotify.MOVED_TO)) {
            return !scan.there().add(name);
        }
        if (event.has(Inotify.DELETE | Inotify.MOVED_FROM)) {
            scan.written().remove(name);
            return !scan.there().remove(name);
        }
        return !scan.there().contains(name)
                || (event.has(Inotify.MODIFY) && scan.written().contains(name));
    }

    private void follow(Event event, FilePath path, boolean returned) throws IOException {
        if (event.has(Inotify.MOVED_FROM)) {
            departure = new Departure(event.cookie(), path);
        } else if (event.has(Inotify.DELETE)) {
            forget(path);
        } else if (returned && departure != null) {
            FilePath from = departure.path();
            departure = null;
            watched.replaceAll((_, watch) -> watch.isWithin(from) ? watch.moved(from, path) : watch);
        } else if (event.has(Inotify.CREATE | Inotify.MOVED_TO)) {
            arm(path, false);
        }
    }

    /// Stops watching a directory that is gone from here and all below it.
    private void forget(FilePath path) {
        watched.entrySet().removeIf(entry -> {
            boolean gone = entry.getValue().isWithin(path);
            if (gone) {
                inotify.remove(entry.getKey());
                scans.remove(entry.getKey());
            }
            return gone;
        });
    }

    /// Watches a directory, and what is below it. What is in it is told unless it was there from the start.
    private void arm(FilePath directory, boolean fromStart) throws Errno {
        int watch = inotify.add(directory);
        if (watch < 0) {
            if (directory.equals(root) || watch == -Errno.ENOSPC || watch == -Errno.ENOMEM) {
                throw new Errno(-watch, "watch " + directory);
            }
            // Gone again, or no directory any more: its parent tells.
            return;
        }
        if (watched.putIfAbsent(watch, directory) != null || !recursive) {
            return;
        }
        if (fromStart) {
            for (FilePath name : names(directory)) {
                if (kind(directory.child(name)) == Stat.Kind.DIRECTORY) {
                    arm(directory.child(name), true);
                }
            }
        } else {
            scan(watch, directory);
        }
    }

    private void scan(int watch, FilePath directory) throws Errno {
        var scan = new Scan(new HashSet<>(), new HashSet<>());
        scans.put(watch, scan);
        for (FilePath name : names(directory)) {
            FilePath path = directory.child(name);
            Stat stat = look(path);
            if (stat == null) {
                continue;
            }
            scan.there().add(name);
            add(path, EventType.EVENT_TYPE_CREATE);
            if (stat.kind() == Stat.Kind.FILE && stat.size() > 0) {
                scan.written().add(name);
                add(path, EventType.EVENT_TYPE_WRITE);
            }
            if (stat.isDirectory()) {
                arm(path, false);
            }
        }
        fetch();
        steps.add(new Settled(watch));
    }

    private static Stat.@Nullable Kind kind(FilePath path) {
        Stat stat = look(path);
        return stat == null ? null : stat.kind();
    }

    /// What is at a path; null when it is gone.
    private static @Nullable Stat look(FilePath path) {
        try {
            return Stat.ofLink(path);
        } catch (Errno _) {
            return null;
        }
    }

    private static List<FilePath> names(FilePath directory) {
        try (Folder folder = Folder.open(directory)) {
            return folder.names();
        } catch (Errno _) {
            return List.of();
        }
    }

    private void tell(int mask, FilePath path) {
        for (Meaning meaning : MEANINGS) {
            if ((mask & meaning.bits()) != 0) {
                add(path, meaning.type());
            }
        }
    }

    private void add(FilePath path, EventType type) {
        changes.add(new Change(path, path.relativeTo(root), type));
    }

    @Override
    public void close() {
        inotify.close();
    }
}
