package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.protocol.filesystem.EventType;

/// Something that happened to an entry of a watched tree.
///
/// @param path where, absolute
/// @param name the same as seen from the root of the tree
record Change(FilePath path, String name, EventType type) {}
