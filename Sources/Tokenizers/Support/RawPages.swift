import CIntrinsics
import Glibc

/// Large zeroed memory straight from the system, whose end can be given back page by page.
enum RawPages {
  private static let hugePage = 1 << 21

  static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(memory != MAP_FAILED, "out of memory")
    return memory!
  }

  /// Zeroed memory for a table that is read at random places: on huge pages where the system has them, since
  /// the address translation of small pages then misses as often as the data does.
  static func allocateTable(bytes: Int) -> UnsafeMutableRawPointer {
    guard bytes >= hugePage else { return allocate(bytes: bytes) }
    // The kernel uses a huge page only where all of it lies in the mapping.
    let wide = allocate(bytes: bytes + hugePage)
    let skipped = -Int(bitPattern: wide) & (hugePage - 1)
    if skipped > 0 { munmap(wide, skipped) }
    if skipped < hugePage { munmap(wide + skipped + bytes, hugePage - skipped) }
    madvise(wide + skipped, bytes, MADV_HUGEPAGE)
    return wide + skipped
  }

  /// Bytes for a table that is worth a huge page: rounded up to whole ones where a quarter of one would be used.
  static func tableSize(_ bytes: Int) -> Int {
    bytes >= hugePage / 4 ? (bytes + hugePage - 1) & ~(hugePage - 1) : (bytes + 4095) & ~4095
  }

  static func release(_ memory: UnsafeMutableRawPointer, bytes: Int) { munmap(memory, bytes) }

  /// Gives back the whole pages in `from ..< to`.
  static func discard(_ memory: UnsafeMutableRawPointer, from: Int, to: Int) {
    let start = (from + 4095) & ~4095
    if start < to { madvise(memory + start, to - start, MADV_DONTNEED) }
  }

  /// Gives freed memory back to the system, which the allocator keeps up to 64 MB of once large arrays have come
  /// and gone: between phases that need different ones. Costs milliseconds.
  static func returnFreed() { toklab_return_freed() }
}
