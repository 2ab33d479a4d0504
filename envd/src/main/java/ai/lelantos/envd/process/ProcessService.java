package ai.lelantos.envd.process;

import ai.lelantos.envd.access.Identity;
import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.Spawner;
import ai.lelantos.envd.logs.OutputLog;
import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.NeverWaits;
import ai.lelantos.envd.rpc.Outbox;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.CloseStdinRequest;
import ai.lelantos.protocol.process.CloseStdinResponse;
import ai.lelantos.protocol.process.ConnectRequest;
import ai.lelantos.protocol.process.ConnectResponse;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.ProcessGrpc;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.SendInputRequest;
import ai.lelantos.protocol.process.SendInputResponse;
import ai.lelantos.protocol.process.SendSignalRequest;
import ai.lelantos.protocol.process.SendSignalResponse;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import ai.lelantos.protocol.process.UpdateRequest;
import ai.lelantos.protocol.process.UpdateResponse;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The RPCs of `process.Process`.
public final class ProcessService extends ProcessGrpc.ProcessImplBase implements NeverWaits {

    /// How long an answered SIGKILL waits to see the process gone, so that the caller's next look does too.
    private static final Duration KILLED_WITHIN = Duration.ofMillis(500);

    private final Identity identity;
    private final Processes processes;
    private final Start start;

    public ProcessService(
            Identity identity,
            Loop loop,
            Spawner spawner,
            Globals globals,
            Cgroups cgroups,
            OutputLog log,
            String path) {
        this.identity = identity;
        this.processes = new Processes(System::nanoTime);
        this.start = new Start(loop, spawner, processes, globals, cgroups, log, path);
    }

    @Override
    public void start(StartRequest request, StreamObserver<StartResponse> observer) {
        Call call = Call.current();
        var outbox = new Outbox<StartResponse>(observer);
        Child child = start.start(request, identity.resolve());
        try (Output.Listener listener = child.output().listen()) {
            call.onEnd(listener::close);
            child.begin(call.timeout());
            Exit exit = new Broadcast(
                            call,
                            listener,
                            event -> outbox.send(
                                    StartResponse.newBuilder().setEvent(event).build()))
                    .run(child.pid());
            if (child.isOverdue()) {
                throw new Refused(Code.DEADLINE_EXCEEDED, "context deadline exceeded");
            }
            outbox.send(StartResponse.newBuilder().setEvent(Broadcast.end(exit)).build());
        }
        outbox.end();
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> observer) {
        Call call = Call.current();
        var outbox = new Outbox<ConnectResponse>(observer);
        ProcessSelector selector = request.getProcess();
        Optional<Child> living = living(selector);
        Processes.Ended gone = living.isPresent() ? null : ended(selector).orElseThrow(() -> notFound(selector));
        int pid = gone == null ? living.orElseThrow().pid() : gone.pid();
        Output output = gone == null ? living.orElseThrow().output() : gone.output();
        try (Output.Listener listener = listen(call, output)) {
            call.onEnd(listener::close);
            Exit exit = new Broadcast(
                            call,
                            listener,
                            event -> outbox.send(
                                    ConnectResponse.newBuilder().setEvent(event).build()))
                    .run(pid);
            outbox.send(
                    ConnectResponse.newBuilder().setEvent(Broadcast.end(exit)).build());
        }
        outbox.end();
    }

    /// All others wait: for a process, its input, or the thread that watches it.
    @Override
    public Set<MethodDescriptor<?, ?>> neverWait() {
        return Set.of(ProcessGrpc.getListMethod());
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> observer) {
        answer(
                observer,
                ListResponse.newBuilder().addAllProcesses(processes.list()).build());
    }

    @Override
    public void update(UpdateRequest request, StreamObserver<UpdateResponse> observer) {
        Child child = require(request.getProcess());
        if (request.hasPty()) {
            if (!child.isOnTerminal()) {
                throw new Refused(Code.INTERNAL, "error resizing tty: tty not assigned to process");
            }
            try {
                boolean _ = child.resize(Start.size(request.getPty())).join();
            } catch (CompletionException e) {
                throw new Refused(Code.INTERNAL, "error resizing tty: " + Input.reason(e));
            }
        }
        answer(observer, UpdateResponse.getDefaultInstance());
    }

    @Override
    public void sendInput(SendInputRequest request, StreamObserver<SendInputResponse> observer) {
        Input.write(require(request.getProcess()), request.getInput());
        answer(observer, SendInputResponse.getDefaultInstance());
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> observer) {
        return new InputObserver(this::require, observer);
    }

    @Override
    public void closeStdin(CloseStdinRequest request, StreamObserver<CloseStdinResponse> observer) {
        Input.close(require(request.getProcess()));
        answer(observer, CloseStdinResponse.getDefaultInstance());
    }

    @Override
    public void sendSignal(SendSignalRequest request, StreamObserver<SendSignalResponse> observer) {
        Child child = require(request.getProcess());
        switch (request.getSignal()) {
            case SIGNAL_SIGTERM -> signal(child, Child.SIGTERM);
            case SIGNAL_SIGKILL -> {
                signal(child, Child.SIGKILL);
                awaitGone(child);
            }
            case SIGNAL_UNSPECIFIED, UNRECOGNIZED ->
                throw new Refused(Code.UNIMPLEMENTED, "invalid signal: " + name(request));
        }
        answer(observer, SendSignalResponse.getDefaultInstance());
    }

    private static String name(SendSignalRequest request) {
        return switch (request.getSignal()) {
            case UNRECOGNIZED -> Integer.toString(request.getSignalValue());
            case SIGNAL_UNSPECIFIED, SIGNAL_SIGTERM, SIGNAL_SIGKILL ->
                request.getSignal().name();
        };
    }

    private static void signal(Child child, int number) {
        try {
            boolean _ = child.signal(number).join();
        } catch (CompletionException e) {
            throw new Refused(Code.INTERNAL, "error sending signal: " + Input.reason(e));
        }
    }

    private static void awaitGone(Child child) {
        try {
            var _ = child.ended().get(KILLED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            // It waits inside the kernel, for a dead disk say: the signal is sent, more nobody can do.
        } catch (ExecutionException e) {
            throw new IllegalStateException("an end never fails", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static Output.Listener listen(Call call, Output output) {
        String from = call.header(ReplayFrom.HEADER);
        if (from == null) {
            return output.listen();
        }
        try {
            Output.Listener listener = output.listen(ReplayFrom.parse(from));
            call.answerHeader(
                    ReplayFrom.OFFSET_HEADER, Long.toString(listener.missed().offset()));
            call.answerHeader(
                    ReplayFrom.LOST_HEADER, Long.toString(listener.missed().lost()));
            return listener;
        } catch (IllegalArgumentException e) {
            throw new Refused(Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
        } catch (IndexOutOfBoundsException e) {
            throw new Refused(Code.OUT_OF_RANGE, String.valueOf(e.getMessage()));
        }
    }

    private Child require(ProcessSelector selector) {
        return living(selector).orElseThrow(() -> notFound(selector));
    }

    private Optional<Child> living(ProcessSelector selector) {
        return switch (selector.getSelectorCase()) {
            case PID -> processes.livingWithPid(selector.getPid());
            case TAG -> processes.livingWithTag(selector.getTag());
            case SELECTOR_NOT_SET -> throw noSelector();
        };
    }

    private Optional<Processes.Ended> ended(ProcessSelector selector) {
        return switch (selector.getSelectorCase()) {
            case PID -> processes.endedWithPid(selector.getPid());
            case TAG -> processes.endedWithTag(selector.getTag());
            case SELECTOR_NOT_SET -> throw noSelector();
        };
    }

    private static Refused noSelector() {
        return new Refused(Code.UNIMPLEMENTED, "invalid input type: the selector names neither a pid nor a tag");
    }

    private static Refused notFound(ProcessSelector selector) {
        String which =
                selector.hasPid() ? "pid " + Integer.toUnsignedString(selector.getPid()) : "tag " + selector.getTag();
        return new Refused(Code.NOT_FOUND, "process with " + which + " not found");
    }

    private static <T> void answer(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }
}
