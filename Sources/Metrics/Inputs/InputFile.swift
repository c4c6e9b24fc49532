import Glibc

/// Whole files and folders, for the small inputs of metrics.
package enum InputFile {
  /// The bytes of a regular file.
  ///
  /// - Throws: ``ToklabError`` that names the file when it is missing, unreadable or a folder.
  package static func read(_ path: String) throws(ToklabError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw failure(path, "cannot be read") }
    guard info.st_mode & S_IFMT != S_IFDIR else {
      throw ToklabError(file: path, "this is a folder", expected: "a file")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, Int(info.st_size)) + 1)
    let size = 1 << 18
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { block.deallocate() }
    while true {
      let got = Glibc.read(descriptor, block, size)
      if got == 0 { return bytes }
      if got < 0 {
        if errno == EINTR { continue }
        throw failure(path, "cannot be read")
      }
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: block, count: got))
    }
  }

  /// The names in a folder, bytewise sorted, without `.` and `..`.
  package static func names(in folder: String) throws(ToklabError) -> [String] {
    guard let handle = opendir(folder) else { throw failure(folder, "cannot be opened as a folder") }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { bytewiseLess($0, $1) }
  }

  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The order of labels: by bytes, never by locale.
  package static func bytewiseLess(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func failure(_ path: String, _ what: String) -> ToklabError {
    let reason = errno
    var expected: String?
    if let text = strerror(reason) { expected = String(cString: text) }
    return ToklabError(
      file: path, expected.map { "\(what) (\($0))" } ?? what,
      advice: reason == ENOENT ? "check the path" : nil)
  }
}
