import Glibc
import Tokenizers

/// The files below a folder, in an order that does not depend on the file system.
package enum FileTree {
  /// Paths relative to `root` of all regular files for which `accepts` (given that path) is true, sorted
  /// bytewise. Links are followed to files, never to folders; a folder that is not there has no files.
  package static func files(under root: String, where accepts: (String) -> Bool = { _ in true }) -> [String] {
    var found: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      guard let stream = opendir(folder.isEmpty ? root : root + "/" + folder) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let path = folder.isEmpty ? name : folder + "/" + name
        var status = stat()
        guard lstat(root + "/" + path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          folders.append(path)
          continue
        }
        if status.st_mode & S_IFMT == S_IFLNK, stat(root + "/" + path, &status) != 0 { continue }
        if status.st_mode & S_IFMT == S_IFREG, accepts(path) { found.append(path) }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
