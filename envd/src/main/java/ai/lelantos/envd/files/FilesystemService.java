package ai.lelantos.envd.files;

import ai.lelantos.envd.access.HomePath;
import ai.lelantos.envd.access.Identity;
import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.Outbox;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.filesystem.CreateWatcherRequest;
import ai.lelantos.protocol.filesystem.CreateWatcherResponse;
import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.FilesystemEvent;
import ai.lelantos.protocol.filesystem.FilesystemGrpc;
import ai.lelantos.protocol.filesystem.GetWatcherEventsRequest;
import ai.lelantos.protocol.filesystem.GetWatcherEventsResponse;
import ai.lelantos.protocol.filesystem.ListDirRequest;
import ai.lelantos.protocol.filesystem.ListDirResponse;
import ai.lelantos.protocol.filesystem.MakeDirRequest;
import ai.lelantos.protocol.filesystem.MakeDirResponse;
import ai.lelantos.protocol.filesystem.MoveRequest;
import ai.lelantos.protocol.filesystem.MoveResponse;
import ai.lelantos.protocol.filesystem.RemoveRequest;
import ai.lelantos.protocol.filesystem.RemoveResponse;
import ai.lelantos.protocol.filesystem.RemoveWatcherRequest;
import ai.lelantos.protocol.filesystem.RemoveWatcherResponse;
import ai.lelantos.protocol.filesystem.StatRequest;
import ai.lelantos.protocol.filesystem.StatResponse;
import ai.lelantos.protocol.filesystem.WatchDirRequest;
import ai.lelantos.protocol.filesystem.WatchDirResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/// `filesystem.Filesystem`: requests to the [Tree], its refusals to the codes of the protocol.
public final class FilesystemService extends FilesystemGrpc.FilesystemImplBase {

    /// The first clients know three fields of an entry and fail on more.
    private static final String LEGACY_CLIENT = "connect-python";

    private final Tree tree;
    private final Watchers watchers;
    private final Identity identity;
    private final Globals globals;

    public FilesystemService(Loop loop, Users users, Identity identity, Globals globals) {
        this.tree = new Tree(users);
        this.watchers = new Watchers(loop, users);
        this.identity = identity;
        this.globals = globals;
    }

    @Override
    public void stat(StatRequest request, StreamObserver<StatResponse> answer) {
        answer(answer, () -> {
            String path = resolve(request.getPath(), identity.resolve());
            return StatResponse.newBuilder().setEntry(shown(tree.stat(path))).build();
        });
    }

    @Override
    public void makeDir(MakeDirRequest request, StreamObserver<MakeDirResponse> answer) {
        answer(answer, () -> {
            User user = identity.resolve();
            EntryInfo made = tree.makeDirectory(resolve(request.getPath(), user), user);
            return MakeDirResponse.newBuilder().setEntry(shown(made)).build();
        });
    }

    @Override
    public void move(MoveRequest request, StreamObserver<MoveResponse> answer) {
        answer(answer, () -> {
            User user = identity.resolve();
            String source = resolve(request.getSource(), user);
            EntryInfo moved = tree.move(source, resolve(request.getDestination(), user), user);
            return MoveResponse.newBuilder().setEntry(shown(moved)).build();
        });
    }

    @Override
    public void listDir(ListDirRequest request, StreamObserver<ListDirResponse> answer) {
        answer(answer, () -> {
            String path = resolve(request.getPath(), identity.resolve());
            var listing = ListDirResponse.newBuilder();
            // Unsigned on the wire; no tree is as deep as the largest signed number.
            int depth = request.getDepth() < 0 ? Integer.MAX_VALUE : request.getDepth();
            tree.list(path, depth).forEach(entry -> listing.addEntries(shown(entry)));
            return listing.build();
        });
    }

    @Override
    public void remove(RemoveRequest request, StreamObserver<RemoveResponse> answer) {
        answer(answer, () -> {
            tree.remove(resolve(request.getPath(), identity.resolve()));
            return RemoveResponse.getDefaultInstance();
        });
    }

    @Override
    public void watchDir(WatchDirRequest request, StreamObserver<WatchDirResponse> answer) {
        Call call = Call.current();
        String path = resolve(request.getPath(), identity.resolve());
        Watcher watcher;
        try {
            watcher = watchers.begin(path, request.getRecursive(), request.getAllowNetworkMounts());
        } catch (RefusedException e) {
            throw refused(e.refusal());
        }
        try {
            call.onEnd(watcher::wake);
            stream(watcher, request.getIncludeEntry(), call, new Outbox<>(answer));
        } catch (RefusedException e) {
            throw refused(e.refusal());
        } finally {
            watchers.end(watcher);
        }
    }

    private void stream(Watcher watcher, boolean withEntries, Call call, Outbox<WatchDirResponse> outbox) {
        Duration interval = Keepalive.interval(call.header("keepalive-ping-interval"));
        outbox.send(WatchDirResponse.newBuilder()
                .setStart(WatchDirResponse.StartEvent.getDefaultInstance())
                .build());
        while (!call.clientLeft()) {
            List<Change> changes = watcher.fetch();
            for (FilesystemEvent event : watchers.described(changes, withEntries)) {
                outbox.send(WatchDirResponse.newBuilder().setFilesystem(event).build());
            }
            if (changes.isEmpty() && !watcher.await(interval)) {
                outbox.send(WatchDirResponse.newBuilder()
                        .setKeepalive(WatchDirResponse.KeepAlive.getDefaultInstance())
                        .build());
            }
        }
    }

    @Override
    public void createWatcher(CreateWatcherRequest request, StreamObserver<CreateWatcherResponse> answer) {
        answer(answer, () -> {
            String path = resolve(request.getPath(), identity.resolve());
            String id = watchers.create(
                    path, request.getRecursive(), request.getAllowNetworkMounts(), request.getIncludeEntry());
            return CreateWatcherResponse.newBuilder().setWatcherId(id).build();
        });
    }

    @Override
    public void getWatcherEvents(GetWatcherEventsRequest request, StreamObserver<GetWatcherEventsResponse> answer) {
        answer(
                answer,
                () -> GetWatcherEventsResponse.newBuilder()
                        .addAllEvents(watchers.poll(request.getWatcherId()))
                        .build());
    }

    @Override
    public void removeWatcher(RemoveWatcherRequest request, StreamObserver<RemoveWatcherResponse> answer) {
        answer(answer, () -> {
            watchers.remove(request.getWatcherId());
            return RemoveWatcherResponse.getDefaultInstance();
        });
    }

    private static <T> void answer(StreamObserver<T> answer, Supplier<T> work) {
        T result;
        try {
            result = work.get();
        } catch (RefusedException e) {
            throw refused(e.refusal());
        }
        answer.onNext(result);
        answer.onCompleted();
    }

    private static Refused refused(Refusal refusal) {
        Code code = switch (refusal) {
            case Refusal.Invalid _ -> Code.INVALID_ARGUMENT;
            case Refusal.Missing _ -> Code.NOT_FOUND;
            case Refusal.Exists _ -> Code.ALREADY_EXISTS;
            case Refusal.Cyclic _ -> Code.FAILED_PRECONDITION;
            case Refusal.TooMuch _ -> Code.RESOURCE_EXHAUSTED;
            case Refusal.Full _, Refusal.Failed _ -> Code.INTERNAL;
        };
        return new Refused(code, refusal.message());
    }

    private String resolve(String path, User user) {
        try {
            return HomePath.resolve(path, user, globals.defaultWorkdir());
        } catch (IllegalArgumentException e) {
            throw new Refused(Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
        }
    }

    private static EntryInfo shown(EntryInfo entry) {
        if (!LEGACY_CLIENT.equals(Call.current().header("user-agent"))) {
            return entry;
        }
        Call.current().answerHeader("X-E2B-Legacy-SDK", "true");
        return EntryInfo.newBuilder()
                .setName(entry.getName())
                .setType(entry.getType())
                .setPath(entry.getPath())
                .build();
    }
}
