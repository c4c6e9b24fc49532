import Glibc

/// Large zeroed memory straight from the system, whose end can be given back page by page.
enum RawPages {
  static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(memory != MAP_FAILED, "out of memory")
    return memory!
  }

  static func release(_ memory: UnsafeMutableRawPointer, bytes: Int) { munmap(memory, bytes) }

  /// Gives back the whole pages in `from ..< to`.
  static func discard(_ memory: UnsafeMutableRawPointer, from: Int, to: Int) {
    let start = (from + 4095) & ~4095
    if start < to { madvise(memory + start, to - start, MADV_DONTNEED) }
  }
}
