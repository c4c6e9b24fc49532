import Glibc

/// About a megabyte of whole lines, with 16 readable bytes after them.
///
/// Unsafe: a buffer that a worker fills and scans again and again; read here rather than mapped, since
/// mapped pages count as the process's memory and a file that shrinks under a mapping kills it. Reading
/// costs 20 to 30 ms per 100 MB.
final class TextBlock {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  fileprivate(set) var count = 0
  /// Which file of the source, where in its text, and the how-manieth block of the source.
  fileprivate(set) var file = 0
  fileprivate(set) var offset = 0
  fileprivate(set) var number = 0

  static let padding = 16

  init(capacity: Int = 1 << 20) {
    self.capacity = capacity
    base = .allocate(capacity: capacity + Self.padding)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

  fileprivate func grow() {
    let bigger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2 + Self.padding)
    bigger.update(from: base, count: count)
    base.deallocate()
    base = bigger
    capacity *= 2
  }
}

/// Hands out the text of a list of files in blocks that end at line ends (or at a file's end).
final class TextBlockReader {
  private let files: [CorpusFile]
  private var index = -1
  /// Reads on in the current file; less than asked only at its end.
  private var read: ((UnsafeMutableRawBufferPointer) throws(ToklabError) -> Int)?
  private var carry: [UInt8] = []
  private var offset = 0
  private var number = 0
  /// Decoded bytes handed out so far.
  private(set) var bytesRead = 0

  /// - Parameter hashing: whether to take each file's digest; the reader is then the slowest part.
  init(files: [CorpusFile], hashing: Bool = false) {
    self.files = files
    self.hashing = hashing
  }

  /// The SHA-256 of the text of each file read to its end, unpacked, in order.
  private(set) var digests: [String] = []
  private let hashing: Bool
  private var hash = SHA256()

  /// Fills `block` with the next lines; false at the end of the last file.
  func next(_ block: TextBlock) throws(ToklabError) -> Bool {
    while true {
      if read == nil {
        guard index + 1 < files.count else { return false }
        index += 1
        read = try files[index].open()
        offset = 0
        hash = SHA256()
      }
      if try fill(block) { return true }
    }
  }

  private func fill(_ block: TextBlock) throws(ToklabError) -> Bool {
    while carry.count > block.capacity / 2 { block.grow() }
    carry.withUnsafeBufferPointer {
      if let start = $0.baseAddress { block.base.update(from: start, count: $0.count) }
    }
    block.count = carry.count
    carry.removeAll(keepingCapacity: true)
    var lineEnd: Int?
    repeat {
      let room = UnsafeMutableRawBufferPointer(
        start: block.base + block.count, count: block.capacity - block.count)
      let count = try read!(room)
      let known = block.count
      if hashing { hash.update(UnsafeRawBufferPointer(start: room.baseAddress, count: count)) }
      block.count += count
      if count < room.count {
        read = nil
        if hashing { digests.append(hash.finish()) }
        lineEnd = block.count
      } else if let found = room.lastIndex(of: 0x0A) {
        lineEnd = known + found + 1
      } else {
        block.grow()
      }
    } while lineEnd == nil
    if lineEnd! < block.count {
      carry.append(
        contentsOf: UnsafeBufferPointer(start: block.base + lineEnd!, count: block.count - lineEnd!))
    }
    block.count = lineEnd!
    (block.base + block.count).update(repeating: 0, count: TextBlock.padding)
    block.file = index
    block.offset = offset
    block.number = number
    offset += block.count
    bytesRead += block.count
    guard block.count > 0 else { return false }
    number += 1
    return true
  }
}
