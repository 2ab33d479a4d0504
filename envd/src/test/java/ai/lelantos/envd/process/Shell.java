package ai.lelantos.envd.process;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.protocol.process.CloseStdinRequest;
import ai.lelantos.protocol.process.CloseStdinResponse;
import ai.lelantos.protocol.process.ConnectRequest;
import ai.lelantos.protocol.process.ConnectResponse;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.PTY;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessInfo;
import ai.lelantos.protocol.process.ProcessInput;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.SendInputRequest;
import ai.lelantos.protocol.process.SendInputResponse;
import ai.lelantos.protocol.process.SendSignalRequest;
import ai.lelantos.protocol.process.SendSignalResponse;
import ai.lelantos.protocol.process.Signal;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import ai.lelantos.protocol.process.UpdateRequest;
import ai.lelantos.protocol.process.UpdateResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Duration;
import java.util.List;

/// The calls of `process.Process` as tests write them; the names are those of the published SDKs.
final class Shell {

    private final AgentClient client;

    Shell(AgentClient client) {
        this.client = client;
    }

    Shell as(String user) {
        return new Shell(client.as(user));
    }

    Shell header(String name, String value) {
        return new Shell(client.header(name, value));
    }

    Shell timeout(Duration timeout) {
        return header("Connect-Timeout-Ms", Long.toString(timeout.toMillis()));
    }

    /// As the SDKs run a command line: a login shell without input.
    Attached run(String line) {
        return start(bash(line).setStdin(false));
    }

    /// The same with the default input, a pipe.
    Attached runWithInput(String line) {
        return start(bash(line));
    }

    static StartRequest.Builder bash(String line) {
        return command("/bin/bash", "-l", "-c", line);
    }

    static StartRequest.Builder command(String name, String... arguments) {
        return StartRequest.newBuilder()
                .setProcess(ProcessConfig.newBuilder().setCmd(name).addAllArgs(List.of(arguments)));
    }

    static StartRequest.Builder terminal(int columns, int rows, String name, String... arguments) {
        return command(name, arguments).setPty(size(columns, rows));
    }

    static PTY size(int columns, int rows) {
        return PTY.newBuilder()
                .setSize(PTY.Size.newBuilder().setCols(columns).setRows(rows))
                .build();
    }

    Attached start(StartRequest.Builder request) {
        var answers = client.stream("/process.Process/Start", request.build(), StartResponse.getDefaultInstance());
        return new Attached(answers, StartResponse::getEvent);
    }

    Attached connect(int pid) {
        return connect(pid(pid));
    }

    Attached connect(ProcessSelector selector) {
        var request = ConnectRequest.newBuilder().setProcess(selector).build();
        var answers = client.stream("/process.Process/Connect", request, ConnectResponse.getDefaultInstance());
        return new Attached(answers, ConnectResponse::getEvent);
    }

    List<ProcessInfo> list() {
        return client.unary(
                        "/process.Process/List", ListRequest.getDefaultInstance(), ListResponse.getDefaultInstance())
                .getProcessesList();
    }

    void kill(int pid) {
        signal(pid(pid), Signal.SIGNAL_SIGKILL_VALUE);
    }

    void signal(ProcessSelector selector, int number) {
        var request = SendSignalRequest.newBuilder().setProcess(selector).setSignalValue(number);
        check(client.unary("/process.Process/SendSignal", request.build(), SendSignalResponse.getDefaultInstance()));
    }

    void stdin(int pid, ByteString bytes) {
        input(pid(pid), ProcessInput.newBuilder().setStdin(bytes).build());
    }

    void type(int pid, String text) {
        input(
                pid(pid),
                ProcessInput.newBuilder().setPty(ByteString.copyFromUtf8(text)).build());
    }

    void input(ProcessSelector selector, ProcessInput input) {
        var request = SendInputRequest.newBuilder().setProcess(selector).setInput(input);
        check(client.unary("/process.Process/SendInput", request.build(), SendInputResponse.getDefaultInstance()));
    }

    void closeStdin(int pid) {
        var request = CloseStdinRequest.newBuilder().setProcess(pid(pid)).build();
        check(client.unary("/process.Process/CloseStdin", request, CloseStdinResponse.getDefaultInstance()));
    }

    void resize(int pid, int columns, int rows) {
        update(UpdateRequest.newBuilder().setProcess(pid(pid)).setPty(size(columns, rows)));
    }

    void update(UpdateRequest.Builder request) {
        check(client.unary("/process.Process/Update", request.build(), UpdateResponse.getDefaultInstance()));
    }

    AgentClient client() {
        return client;
    }

    static ProcessSelector pid(int pid) {
        return ProcessSelector.newBuilder().setPid(pid).build();
    }

    static ProcessSelector tag(String tag) {
        return ProcessSelector.newBuilder().setTag(tag).build();
    }

    /// These answers say nothing but that they came.
    private static void check(Message answer) {
        if (!answer.getUnknownFields().asMap().isEmpty()) {
            throw new AssertionError("fields nobody knows in " + answer);
        }
    }
}
