/// The published clients against the product as a user starts it: through the door, in a home of its own.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.clients;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
