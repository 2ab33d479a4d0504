@NullMarked
package ai.lelantos.protocol.connect;

import org.jspecify.annotations.NullMarked;
