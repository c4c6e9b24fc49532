import CIntrinsics
import Glibc
import Tokenizers

/// The bytes of a file, mapped and read-only; unmapped when the last user is gone.
///
/// Unsafe: one raw mapping behind bounds-checked access. Embedding tables are larger than memory may be,
/// and only few of their pages are read. A file that another program shortens meanwhile raises SIGBUS: a program that
/// calls `toklab_catch_short_files` knows then which it was.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// The length of the file.
  public let count: Int
  package let base: UnsafeRawPointer
  /// What the file was when it was mapped.
  private let opened: stat
  private let name: UnsafeMutablePointer<CChar>?
  private let note: Int32

  /// - Throws: ``ToklabError`` for a file that cannot be opened or is a folder.
  public init(_ path: String) throws(ToklabError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToklabError.system("cannot be opened", file: path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw ToklabError.system("cannot be read", file: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ToklabError(
        file: path, status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no regular file",
        expected: "a file on a disk")
    }
    self.path = path
    opened = status
    count = Int(status.st_size)
    guard count > 0 else {
      (name, note) = (nil, -1)
      base = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
      return
    }
    guard let pointer = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), pointer != MAP_FAILED else {
      throw ToklabError.system("cannot be mapped", file: path)
    }
    base = UnsafeRawPointer(pointer)
    name = strdup(path)
    note = toklab_note_mapping(pointer, count, name)
  }

  deinit {
    if count > 0 {
      toklab_forget_mapping(note)
      free(name)
      munmap(UnsafeMutableRawPointer(mutating: base), count)
    } else {
      base.deallocate()
    }
  }

  /// The bytes in `range`, which must lie in the file.
  package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// Gives the memory of the whole pages in `range` back. Their bytes are read from the file again when asked for.
  package func release(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    let page = sysconf(Int32(_SC_PAGESIZE))
    let (start, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    // A hint: what fails costs memory, nothing else.
    if start < end {
      _ = madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
    }
  }

  /// Copies bytes to another file, in parts whose memory is given back: a model's body may be larger than memory.
  package func copy(_ range: Range<Int>, to writer: borrowing AtomicFile.Writer) throws(ToklabError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let part = position..<min(range.upperBound, position + Self.part)
      do throws(ToklabError) { try writer.write(bytes(part)) } catch {
        // The kernel cannot read what is no longer there, and calls that a bad address.
        try checkUnchanged()
        throw error
      }
      // From the page on which the part began: the part before it ended in the middle of that page.
      release(max(range.lowerBound, position - 65536)..<part.upperBound)
      position = part.upperBound
    }
  }

  /// Call after the last read of what becomes a result: bytes between a new end of the file and the end of its last page
  /// read as zeros, and bytes that were written over are a mixture. A file that was replaced by another is still there
  /// as it was.
  ///
  /// - Throws: ``ToklabError`` when the file at the path is still the one that was mapped and was written to.
  public func checkUnchanged() throws(ToklabError) {
    var now = stat()
    guard stat(path, &now) == 0, now.st_dev == opened.st_dev, now.st_ino == opened.st_ino else { return }
    if now.st_size == opened.st_size, now.st_mtim.tv_sec == opened.st_mtim.tv_sec,
      now.st_mtim.tv_nsec == opened.st_mtim.tv_nsec
    {
      return
    }
    throw ToklabError(
      file: path,
      Int(now.st_size) < count ? "became shorter while it was read" : "was written to while it was read",
      expected: "a file that stays as it is", advice: "run again when nothing writes to it")
  }

  private static let part = 4 << 20
}
