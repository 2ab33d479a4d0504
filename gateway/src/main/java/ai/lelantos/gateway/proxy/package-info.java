/// The front: every listener, HTTP/1.1 and HTTP/2, TLS, and the relay of bytes to any port of any sandbox or to the
/// API.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.proxy;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
