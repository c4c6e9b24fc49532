import Glibc
import Tokenizers

/// The bytes of a file, mapped and read-only; unmapped when the last user is gone.
///
/// Unsafe: one raw mapping behind bounds-checked access. Embedding tables are larger than memory may be,
/// and only few of their pages are read. A file that another program shortens meanwhile ends this one.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// The length of the file.
  public let count: Int
  package let base: UnsafeRawPointer

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
    count = Int(status.st_size)
    guard count > 0 else {
      base = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
      return
    }
    guard let pointer = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), pointer != MAP_FAILED else {
      throw ToklabError.system("cannot be mapped", file: path)
    }
    base = UnsafeRawPointer(pointer)
  }

  deinit {
    if count > 0 {
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
      try writer.write(bytes(part))
      // From the page on which the part began: the part before it ended in the middle of that page.
      release(max(range.lowerBound, position - 65536)..<part.upperBound)
      position = part.upperBound
    }
  }

  private static let part = 4 << 20
}
