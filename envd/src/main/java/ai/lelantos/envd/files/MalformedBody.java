package ai.lelantos.envd.files;

import java.io.IOException;

/// A request's body that is not what its headers say.
final class MalformedBody extends IOException {

    private static final long serialVersionUID = 1;

    MalformedBody(String why) {
        super(why);
    }
}
