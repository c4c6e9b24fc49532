import Glibc
import Synchronization

/// The files and folders this process is writing under temporary names.
///
/// Whoever creates one registers it first and forgets it after the rename, so that a program that must
/// end early (an interrupt) can leave nothing half-written. Thread-safe.
public enum TemporaryFiles {
  private struct State {
    var paths: [String] = []
    var stopped = false
  }

  private static let state = Mutex(State())

  /// Registers a path that is about to be created.
  ///
  /// - Throws: ``ToklabError`` after ``removeAllAndStop()``: nothing new may be begun.
  public static func register(_ path: String) throws(ToklabError) {
    let stopped = state.withLock { state in
      if !state.stopped { state.paths.append(path) }
      return state.stopped
    }
    if stopped { throw ToklabError(file: path, "writing was interrupted") }
  }

  /// Registers a path and creates it, with no end of the program in between: a file that appeared after
  /// ``removeAllAndStop()`` would stay.
  ///
  /// - Parameter create: makes the file or folder, or fails with a negative number and `errno`.
  /// - Returns: what `create` returned; the path is registered unless that is negative.
  /// - Throws: ``ToklabError`` after ``removeAllAndStop()``: nothing new may be begun.
  public static func create(_ path: String, _ create: () -> Int32) throws(ToklabError) -> Int32 {
    let result: Int32? = state.withLock { state in
      if state.stopped { return nil }
      let result = create()
      if result >= 0 { state.paths.append(path) }
      return result
    }
    guard let result else { throw ToklabError(file: path, "writing was interrupted") }
    return result
  }

  /// Makes and registers a folder with a new name beside `target`, which it may become by a rename.
  ///
  /// A process that was killed has left its own behind, and the number of a process comes again: the first one of every
  /// container is 1.
  ///
  /// - Throws: ``ToklabError`` with the target as `file`.
  public static func makeFolder(
    beside target: String, failing what: String = "cannot be made"
  ) throws(ToklabError) -> String {
    for attempt in 0..<1000 {
      let path = "\(target).tmp-\(getpid())-\(attempt)"
      if try create(path, { mkdir(path, 0o777) }) >= 0 { return path }
      if errno != EEXIST { break }
    }
    throw ToklabError.system(what, file: target)
  }

  /// Whether the program is about to end: what fails now fails because its files were removed.
  public static var isStopped: Bool { state.withLock { $0.stopped } }

  /// Forgets a path that was renamed or removed.
  public static func forget(_ path: String) {
    state.withLock { state in
      if let index = state.paths.lastIndex(of: path) { state.paths.remove(at: index) }
    }
  }

  /// Removes every registered file and folder, and refuses new ones from here on.
  public static func removeAllAndStop() {
    state.withLock { state in
      state.stopped = true
      for path in state.paths { remove(path) }
      state.paths.removeAll()
    }
  }

  /// Removes a file, or a folder with what it holds; what cannot be removed stays.
  public static func remove(_ path: String) {
    if unlink(path) == 0 || (errno != EISDIR && errno != EPERM) { return }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { remove(path + "/" + name) }
    }
    closedir(folder)
    rmdir(path)
  }
}
