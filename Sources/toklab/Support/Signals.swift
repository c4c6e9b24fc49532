import Dispatch
import Glibc
import Synchronization
import Tokenizers

/// SIGINT, SIGTERM and SIGHUP end the process with nothing half-written.
///
/// The signals are blocked in every thread and taken by one that waits for them: it may then lock,
/// allocate and unlink, which a signal handler may not.
enum Signals {
  /// Call first thing, before any thread exists.
  static func install() {
    signal(SIGPIPE, SIG_IGN)
    // A full disk quota is an error message, not a death.
    signal(SIGXFSZ, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let waiting = set
    var thread = pthread_t()
    let box = Unmanaged.passRetained(SignalSet(waiting))
    pthread_create(
      &thread, nil,
      { argument in
        var set = Unmanaged<SignalSet>.fromOpaque(argument!).takeRetainedValue().set
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        Signals.die(number)
      }, box.toOpaque())
    pthread_detach(thread)
  }

  /// `nohup` and background shells ignore some signals on purpose.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  private static func die(_ number: Int32) -> Never {
    TemporaryFiles.removeAllAndStop()
    if Terminal.isTerminal(2) { StandardError.write("\r\u{1B}[2K") }
    _exit(128 + number)
  }

  private final class SignalSet: @unchecked Sendable {
    let set: sigset_t
    init(_ set: sigset_t) { self.set = set }
  }
}
