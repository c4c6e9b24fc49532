import Glibc
import Synchronization
import Testing

/// What a run of the built `toklab` gave back.
struct Run: Sendable {
  /// The exit status, or 128 + the signal.
  var status: Int32
  var output: [UInt8]
  var error: [UInt8]
  /// User and system time of the process, in seconds.
  var processorTime = 0.0

  var text: String { String(decoding: output, as: UTF8.self) }
  var errorText: String { String(decoding: error, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }
  var errorLines: [String] {
    errorText.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
  }
}

/// Runs the binary that was built beside the tests. All pipes are drained while it runs.
struct Toklab {
  /// What is run; another one for scripts that call the binary.
  var program = Toklab.path
  var directory: String?
  var environment: [String: String] = [:]
  /// Opened for writing as the child's standard output instead of a pipe.
  var outputPath: String?
  /// Closes our end of the child's standard output after this many bytes.
  var closeOutputAfter: Int?
  /// Sends SIGINT once this returns true; asked every few milliseconds.
  var interruptWhen: (@Sendable () -> Bool)?
  /// The most memory the child may map, in KiB (`ulimit -v`).
  var addressSpace: Int?
  /// A run that takes longer is killed and recorded as a failure.
  var timeout: Double = 120

  /// The path of the binary.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, 4095)
    let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let beside = folder(own) + "/toklab"
    if access(beside, X_OK) == 0 { return beside }
    return packageRoot + "/.build/release/toklab"
  }()

  static let packageRoot: String = folder(folder(folder(folder(#filePath))))

  static func folder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  static func run(_ arguments: String..., input: [UInt8] = []) throws -> Run {
    try Toklab().run(arguments, input: input)
  }

  static func run(_ arguments: String..., input: String) throws -> Run {
    try Toklab().run(arguments, input: Array(input.utf8))
  }

  static func run(_ arguments: [String], input: [UInt8] = []) throws -> Run {
    try Toklab().run(arguments, input: input)
  }

  /// Held from making the pipes to the start of the child: a child of another test that began in between
  /// would inherit our ends and keep them open.
  private static let starting = Mutex(())

  func run(_ arguments: [String], input: [UInt8] = []) throws -> Run {
    signal(SIGPIPE, SIG_IGN)
    let pipes: [Pipe]
    let child: pid_t
    (pipes, child) = try Self.starting.withLock { _ in try start(arguments) }
    defer { for pipe in pipes { pipe.close() } }
    return try exchange(child, input, pipes[0], pipes[1], pipes[2], arguments)
  }

  /// Standard input, output and error of a child, and the child.
  private func start(_ arguments: [String]) throws -> ([Pipe], pid_t) {
    let stdin = try Pipe()
    let stdout = try Pipe()
    let stderr = try Pipe()

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, stdin.reading, 0)
    if let outputPath {
      posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    } else {
      posix_spawn_file_actions_adddup2(&actions, stdout.writing, 1)
    }
    posix_spawn_file_actions_adddup2(&actions, stderr.writing, 2)

    // Default SIGPIPE and an empty mask: what a shell gives.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    sigaddset(&signals, SIGINT)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var variables = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "TERM": "xterm"]
    for name in ["LD_LIBRARY_PATH", "HOME"] {
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
    variables.merge(environment) { $1 }
    // `env -C` changes the folder and then becomes the program.
    var command = directory.map { ["/usr/bin/env", "-C", $0, program] } ?? [program]
    if let addressSpace {
      command = ["/bin/sh", "-c", "ulimit -v \(addressSpace); exec \"$0\" \"$@\""] + command
    }
    let argv = (command + arguments).map { strdup($0) } + [nil]
    let envp = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }

    var child = pid_t()
    let failure = posix_spawn(&child, command[0], &actions, &attributes, argv, envp)
    guard failure == 0 else {
      throw SpawnFailed(description: "cannot start \(Self.path): \(String(cString: strerror(failure)))")
    }
    stdin.closeReading()
    stdout.closeWriting()
    stderr.closeWriting()
    return ([stdin, stdout, stderr], child)
  }

  private func exchange(
    _ child: pid_t, _ input: [UInt8], _ stdin: Pipe, _ stdout: Pipe, _ stderr: Pipe, _ arguments: [String]
  ) throws -> Run {
    var result = Run(status: -1, output: [], error: [])
    var sent = 0
    var interrupted = false
    let start = ContinuousClock.now
    _ = fcntl(stdin.writing, F_SETFL, O_NONBLOCK)
    if input.isEmpty { stdin.closeWriting() }
    if outputPath != nil { stdout.closeReading() }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while stdout.reading >= 0 || stderr.reading >= 0 {
      var polls = [
        pollfd(fd: stdout.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stderr.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stdin.writing, events: Int16(POLLOUT), revents: 0),
      ]
      poll(&polls, 3, interruptWhen == nil ? 100 : 2)
      if polls[0].revents != 0 {
        let count = read(stdout.reading, &chunk, chunk.count)
        if count > 0 { result.output.append(contentsOf: chunk[..<count]) }
        if count == 0 { stdout.closeReading() }
        if let limit = closeOutputAfter, result.output.count >= limit { stdout.closeReading() }
      }
      if polls[1].revents != 0 {
        let count = read(stderr.reading, &chunk, chunk.count)
        if count > 0 { result.error.append(contentsOf: chunk[..<count]) }
        if count == 0 { stderr.closeReading() }
      }
      if polls[2].revents != 0 {
        let count = input[sent...].withUnsafeBytes { write(stdin.writing, $0.baseAddress, $0.count) }
        if count > 0 { sent += count }
        if count < 0 && errno != EAGAIN || sent == input.count { stdin.closeWriting() }
      }
      if let interruptWhen, !interrupted, interruptWhen() {
        interrupted = true
        kill(child, SIGINT)
      }
      if start.duration(to: .now) > .seconds(timeout) {
        kill(child, SIGKILL)
        Issue.record("toklab \(arguments) ran longer than \(timeout) s")
        break
      }
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0 && errno == EINTR {}
    for time in [usage.ru_utime, usage.ru_stime] {
      result.processorTime += Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
    result.status = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    return result
  }
}

struct SpawnFailed: Error, CustomStringConvertible { var description: String }

/// Both ends of a pipe; -1 once closed.
final class Pipe {
  private(set) var reading: Int32 = -1
  private(set) var writing: Int32 = -1

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SpawnFailed(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    reading = ends[0]
    writing = ends[1]
  }

  func closeReading() {
    if reading >= 0 { Glibc.close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { Glibc.close(writing) }
    writing = -1
  }

  func close() {
    closeReading()
    closeWriting()
  }

  deinit { close() }
}
