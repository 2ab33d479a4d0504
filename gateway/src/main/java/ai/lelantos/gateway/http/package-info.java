/// The shared edge: errors, JSON, parameters, the request log. Knows no other room.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.http;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
