/// The database: an embedded PostgreSQL or the user's own, its migrations, transactions. The SQL itself stays in each
/// room's store.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.db;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
