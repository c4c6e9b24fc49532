import Glibc

/// Folders and their order.
package enum InputFolder {
  /// The names in a folder, bytewise sorted, without `.` and `..`.
  package static func names(in folder: String) throws(ToklabError) -> [String] {
    guard let handle = opendir(folder) else {
      throw ToklabError.system("cannot be opened as a folder", file: folder)
    }
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

  /// The order of labels: by bytes, never by locale.
  package static func bytewiseLess(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
