/// A Connect client on Reactor Netty: the one room of this module that does I/O, for modules that bring Reactor Netty
/// themselves.
@NullMarked
@CheckReturnValue
package ai.lelantos.connect.client;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
