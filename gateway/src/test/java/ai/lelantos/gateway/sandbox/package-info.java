/// Tests of the room.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.sandbox;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
