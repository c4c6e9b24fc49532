import Glibc
import Tokenizers

/// `--memory`: a process that holds more memory than this ends with an error and nothing half-written.
///
/// Counted is what the process has written to and the kernel cannot take back: the resident pages that belong to no file.
/// A thread looks every 5 milliseconds, so the limit may be passed by what is filled in that time, some tens of megabytes.
/// Helper processes are not counted.
package enum MemoryLimit {
  /// - Parameter limit: in bytes.
  package static func hold(_ limit: Int) {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    check(file, limit)
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(file: file, limit: limit))
    pthread_create(
      &thread, nil,
      { argument in
        let box = Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
        while true {
          usleep(5000)
          MemoryLimit.check(box.file, box.limit)
        }
      }, box.toOpaque())
    pthread_detach(thread)
  }

  private static func check(_ file: Int32, _ limit: Int) {
    guard let used = used(file), used > limit else { return }
    Signals.fail(
      ToklabError(
        "the work needs more memory than --memory \(megabytes(limit)); \(megabytes(used)) were in use",
        expected: "a larger --memory, or less input at once"))
  }

  /// Resident pages without those of files, in bytes (proc(5): the second field less the third).
  private static func used(_ file: Int32) -> Int? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      let count = pread(file, buffer.baseAddress, 255, 0)
      guard count > 0 else { return nil }
      var numbers = [0, 0, 0]
      var field = 0
      for byte in buffer[..<count] {
        if byte == 0x20 {
          field += 1
          if field == 3 { break }
        } else {
          numbers[field] = numbers[field] * 10 + Int(byte) - 0x30
        }
      }
      return (numbers[1] - numbers[2]) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
  }

  private static func megabytes(_ bytes: Int) -> String {
    bytes < 10_000_000 ? "\(bytes / 1000)k" : "\(bytes / 1_000_000)M"
  }

  private final class Box: Sendable {
    let file: Int32
    let limit: Int
    init(file: Int32, limit: Int) { (self.file, self.limit) = (file, limit) }
  }
}
