package ai.lelantos.protocol.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessInput;
import ai.lelantos.protocol.process.SendInputRequest;
import ai.lelantos.protocol.process.StartRequest;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The two codecs, right and wrong.
class CodecTest {

    private static final String ALPHABET = "{}[]\",:0129eE+-.tfn\\ux \t\n";
    private static final List<Codec> CODECS = List.of(Codec.PROTO, Codec.JSON);

    @Test
    void anEmptyMemberOfAOneofStaysPresent() {
        SendInputRequest request = json("{\"input\":{\"stdin\":\"\"}}", SendInputRequest.getDefaultInstance());
        assertThat(request.getInput().getInputCase()).isEqualTo(ProcessInput.InputCase.STDIN);
        assertThat(Codec.JSON.encode(request).toStringUtf8()).isEqualTo("{\"input\":{\"stdin\":\"\"}}");
        var keepalive = ProcessEvent.newBuilder()
                .setKeepalive(ProcessEvent.KeepAlive.getDefaultInstance())
                .build();
        assertThat(Codec.JSON.encode(keepalive).toStringUtf8()).isEqualTo("{\"keepalive\":{}}");
    }

    @Test
    void unknownFieldsAreIgnored() {
        StartRequest request = json(
                "{\"process\":{\"cmd\":\"ls\",\"nice\":5},\"later\":{\"deep\":[1,{\"x\":null}]}}",
                StartRequest.getDefaultInstance());
        assertThat(request.getProcess().getCmd()).isEqualTo("ls");
    }

    @Test
    void snakeCaseNamesAreReadToo() {
        EntryInfo entry = json(
                "{\"modified_time\":\"2026-01-02T03:04:05Z\",\"symlinkTarget\":\"/x\"}",
                EntryInfo.getDefaultInstance());
        assertThat(entry.getModifiedTime().getSeconds()).isEqualTo(1_767_323_045);
        assertThat(entry.getSymlinkTarget()).isEqualTo("/x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+/8=", "-_8=", "+/8", "-_8"})
    void bytesAreReadInAnyAlphabetWithOrWithoutPadding(String base64) {
        ProcessInput input = json("{\"stdin\":\"" + base64 + "\"}", ProcessInput.getDefaultInstance());
        assertThat(input.getStdin()).isEqualTo(ByteString.fromHex("fbff"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{}{}",
                "{} x",
                "[]",
                "null",
                "1",
                "{a:1}",
                "{'a':1}",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "/**/{}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":.5}",
                "{\"a\":NaN}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":tru}",
                "{\"process\":[]}",
                "{\"stdin\":\"maybe\"}",
                "{\"process\":{\"envs\":[1]}}"
            })
    void textThatIsNoMessageIsInvalid(String text) {
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(() -> json(text, StartRequest.getDefaultInstance()))
                .withMessageStartingWith("invalid_argument: unmarshal message");
    }

    @Test
    void nestingHasAnEnd() {
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(() -> json("{\"x\":" + "[".repeat(1_000_000), StartRequest.getDefaultInstance()))
                .withMessageContaining("nesting");
    }

    @Test
    void whatIsEncodedDecodesToTheSame() {
        Cases.forAll(2_000, random -> {
            for (Codec codec : CODECS) {
                StartRequest request = request(random);
                assertThat(codec.decode(codec.encode(request), StartRequest.getDefaultInstance()))
                        .isEqualTo(request);
                EntryInfo entry = entry(random);
                assertThat(codec.decode(codec.encode(entry), EntryInfo.getDefaultInstance()))
                        .isEqualTo(entry);
            }
        });
    }

    @Test
    void noiseIsEitherAMessageOrInvalid() {
        Cases.forAll(10_000, random -> {
            Codec codec = CODECS.get(random.nextInt(2));
            byte[] bytes = codec.encode(request(random)).toByteArray();
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            var broken = ByteString.copyFrom(bytes, 0, random.nextInt(bytes.length + 1));
            try {
                StartRequest read = codec.decode(broken, StartRequest.getDefaultInstance());
                assertThat(codec.decode(codec.encode(read), StartRequest.getDefaultInstance()))
                        .isEqualTo(read);
            } catch (ConnectFailure failure) {
                assertThat(failure.error().code()).isEqualTo(Code.INVALID_ARGUMENT);
                assertThat(failure.error().message()).startsWith("unmarshal message");
            }
        });
    }

    /// The reference is another parser in its strict mode; it knows no limit of depth, so the texts stay flat.
    @Test
    void ourIdeaOfJsonIsThatOfAStrictParser() {
        Gson strict = new GsonBuilder().setStrictness(Strictness.STRICT).create();
        Cases.forAll(20_000, random -> {
            String text = mutated("{\"a\":[1,-2.5e+3,true,null,\"x\\n\\u00e9\"],\"b\":{}}", random);
            boolean theirs;
            try {
                theirs = strict.fromJson(text, JsonElement.class) != null;
            } catch (JsonParseException _) {
                theirs = false;
            }
            boolean ours;
            try {
                JsonText.check(text);
                ours = true;
            } catch (JsonText.Malformed _) {
                ours = false;
            }
            assertThat(ours).as(text).isEqualTo(theirs);
        });
    }

    private static String mutated(String text, RandomGenerator random) {
        var mutated = new StringBuilder(text);
        for (int edits = random.nextInt(4); edits > 0; edits--) {
            int at = random.nextInt(mutated.length());
            char c = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
            switch (random.nextInt(3)) {
                case 0 -> mutated.setCharAt(at, c);
                case 1 -> mutated.insert(at, c);
                default -> mutated.deleteCharAt(at);
            }
        }
        return mutated.toString();
    }

    private static <M extends Message> M json(String text, M prototype) {
        return Codec.JSON.decode(ByteString.copyFromUtf8(text), prototype);
    }

    private static StartRequest request(RandomGenerator random) {
        var process = ProcessConfig.newBuilder().setCmd(text(random));
        for (int more = random.nextInt(3); more > 0; more--) {
            process.addArgs(text(random)).putEnvs(text(random), text(random));
        }
        if (random.nextBoolean()) {
            process.setCwd(text(random));
        }
        var request = StartRequest.newBuilder().setProcess(process);
        if (random.nextBoolean()) {
            request.setStdin(random.nextBoolean());
        }
        return request.build();
    }

    private static EntryInfo entry(RandomGenerator random) {
        return EntryInfo.newBuilder()
                .setName(text(random))
                .setSize(random.nextLong())
                .setMode(random.nextInt())
                .setTypeValue(random.nextInt(4))
                .setModifiedTime(Timestamp.newBuilder()
                        .setSeconds(random.nextLong(4_000_000_000L))
                        .setNanos(random.nextInt(1_000_000_000)))
                .build();
    }

    private static String text(RandomGenerator random) {
        var text = new StringBuilder();
        for (int length = random.nextInt(8); length > 0; length--) {
            text.appendCodePoint(random.nextInt(4) == 0 ? 0x1f600 + random.nextInt(32) : random.nextInt(0xd800));
        }
        return text.toString();
    }
}
