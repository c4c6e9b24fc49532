import Glibc
import Tokenizers

/// Standard output for the programs that write a result at once.
package enum StandardOutput {
  /// A reader that has gone away (`| head -1`) is success.
  ///
  /// - Throws: ``ToklabError`` when it cannot be written.
  package static func write(_ bytes: [UInt8]) throws(ToklabError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + done, bytes.count - done) }
      if count >= 0 {
        done += count
      } else if errno == EPIPE {
        return
      } else if errno != EINTR {
        throw ToklabError(file: "standard output", "cannot write: \(String(cString: strerror(errno)))")
      }
    }
  }

  package static func write(_ text: String) throws(ToklabError) { try write(Array(text.utf8)) }
}
