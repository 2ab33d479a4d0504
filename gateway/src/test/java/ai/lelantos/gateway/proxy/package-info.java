@NullMarked
package ai.lelantos.gateway.proxy;

import org.jspecify.annotations.NullMarked;
