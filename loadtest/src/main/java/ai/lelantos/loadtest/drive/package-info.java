/// A client of the product as an outsider would write one: REST, Connect frames, files, WebSockets.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.drive;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
