/// Tests of the room.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.settings;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
