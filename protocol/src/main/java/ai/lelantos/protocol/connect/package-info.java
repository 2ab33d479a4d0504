/// The Connect protocol as pure values: codes, errors, envelopes, timeouts, codecs. No server, no I/O.
@NullMarked
@CheckReturnValue
package ai.lelantos.protocol.connect;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
