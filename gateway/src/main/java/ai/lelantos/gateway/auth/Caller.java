package ai.lelantos.gateway.auth;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Who is asking, and on behalf of which team.
///
/// @param user null for a key or the administrator
public record Caller(Team team, @Nullable UUID user) {}
