import Glibc
import Tokenizers

/// What runs tell of themselves: time, and memory of this process and of the machine.
package enum Measured {
  /// Seconds of the monotonic clock.
  package static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The most memory the process has held, in bytes.
  ///
  /// From the kernel's record of this program (`VmHWM`): `getrusage` also counts what a large parent held
  /// between starting us and our taking its place.
  package static var peakMemory: Int {
    if let status = try? FileBytes.read("/proc/self/status") {
      for line in status.split(separator: 10) where line.starts(with: "VmHWM:".utf8) {
        let digits = line.filter { (48...57).contains($0) }
        if let kibibytes = Int(String(decoding: digits, as: UTF8.self)) { return kibibytes * 1024 }
      }
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// The machine's memory in bytes.
  package static var machineMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }
}
