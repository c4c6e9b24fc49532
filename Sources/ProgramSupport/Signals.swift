import CIntrinsics
import Dispatch
import Glibc
import Synchronization
import Tokenizers

/// SIGINT, SIGTERM, SIGHUP and SIGUSR1 end the process with nothing half-written, and so does a mapped file that
/// became shorter.
///
/// The signals are blocked in every thread and taken by one that waits for them: it may then lock,
/// allocate and unlink, which a signal handler may not.
package enum Signals {
  /// Call first thing, before any thread exists.
  package static func install() {
    openStandardStreams()
    signal(SIGPIPE, SIG_IGN)
    // A full disk quota is an error message, not a death.
    signal(SIGXFSZ, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) { sigaddset(&set, number) }
    // By this one the handler for mapped files wakes the thread below, whatever else is ignored.
    signal(SIGUSR1, SIG_DFL)
    sigaddset(&set, SIGUSR1)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    toklab_catch_short_files(SIGUSR1)
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

  /// Call before an error is told: never returns when a signal is ending the process, whose status then is the signal's.
  package static func waitForEnd() {
    while TemporaryFiles.isStopped { sleep(1) }
  }

  /// Undoes ``install()`` in front of `execv`: blocked signals stay blocked in the program that follows.
  package static func release() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] { sigaddset(&set, number) }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// A closed standard stream would be the number of the next file that is opened, and results would go into that.
  private static func openStandardStreams() {
    for stream: Int32 in 0...2 where fcntl(stream, F_GETFD) < 0 {
      // The wrong way round: reading or writing is an error then, as it is on a closed one.
      _ = open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY)
    }
  }

  /// `nohup` and background shells ignore some signals on purpose.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  private static func die(_ number: Int32) -> Never {
    if let name = toklab_short_file() {
      fail(
        ToklabError(
          file: String(cString: name), "became shorter while it was read",
          expected: "a file that stays as it is",
          advice: "run again when nothing writes to it"))
    }
    TemporaryFiles.removeAllAndStop()
    if isatty(2) != 0 { write("\r\u{1B}[2K") }
    _exit(128 + number)
  }

  /// Ends the process from any thread with an error and status 2; what is half-written is removed.
  static func fail(_ error: ToklabError) -> Never {
    TemporaryFiles.removeAllAndStop()
    write("toklab: error: \(error.description)\n")
    _exit(2)
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }

  private final class SignalSet: @unchecked Sendable {
    let set: sigset_t
    init(_ set: sigset_t) { self.set = set }
  }
}
