import Glibc

/// How another program begins: with no signal blocked or ignored.
///
/// A program hands on what it blocks and ignores; a child that got that from one that takes its signals itself would not
/// end with it.
package enum SpawnSignals {
  /// Attributes for `posix_spawn`, for the time of the body.
  package static func withNone<R>(_ body: (inout posix_spawnattr_t) -> R) -> R {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return body(&attributes)
  }
}
