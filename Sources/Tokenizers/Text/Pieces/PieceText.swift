/// Text on its way through pre-tokenizers that drop or rewrite bytes: pieces side by side in one buffer, with
/// the way back to the text they were made from.
package struct PieceText {
  package var bytes: [UInt8] = []
  /// Piece `i` is `bytes[ends[i - 1]..<ends[i]]`; none is empty.
  package var ends: [Int] = []
  /// For each byte the range of bytes of the original text it stands for.
  package var starts: [UInt32] = []
  package var stops: [UInt32] = []
  /// Whether `starts` and `stops` are kept.
  package let isAligned: Bool
  /// Whether the first piece begins where the document begins.
  package var beginsDocument: Bool

  package init(isAligned: Bool, beginsDocument: Bool = false) {
    self.isAligned = isAligned
    self.beginsDocument = beginsDocument
  }

  /// A text as one piece.
  package init(_ text: UnsafeBufferPointer<UInt8>, isAligned: Bool, beginsDocument: Bool) {
    self.init(isAligned: isAligned, beginsDocument: beginsDocument)
    bytes = Array(text)
    ends = text.isEmpty ? [] : [text.count]
    if isAligned {
      starts = (0..<UInt32(text.count)).map { $0 }
      stops = (0..<UInt32(text.count)).map { $0 + 1 }
    }
  }

  /// Copies bytes of another text, with their alignment.
  mutating func append(_ range: Range<Int>, of other: borrowing PieceText) {
    bytes.append(contentsOf: other.bytes[range])
    if isAligned {
      starts.append(contentsOf: other.starts[range])
      stops.append(contentsOf: other.stops[range])
    }
  }

  /// Adds bytes that stand for `range` of the original text.
  mutating func append(_ content: [UInt8], standingFor range: (UInt32, UInt32)) {
    bytes.append(contentsOf: content)
    if isAligned {
      starts.append(contentsOf: repeatElement(range.0, count: content.count))
      stops.append(contentsOf: repeatElement(range.1, count: content.count))
    }
  }

  /// Ends the piece under construction, unless nothing was added to it.
  mutating func endPiece() {
    if bytes.count > (ends.last ?? 0) { ends.append(bytes.count) }
  }

  /// Where the character at `index` of `bytes` stands in the original text.
  func character(at index: Int) -> (UInt32, UInt32) {
    guard isAligned, index < starts.count else { return (0, 0) }
    var end = index + 1
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return (starts[index], stops[end - 1])
  }

  /// Where the piece at `index` of `bytes` stands in the original text.
  func original(at index: Int) -> (UInt32, UInt32) {
    isAligned && index < starts.count ? (starts[index], stops[index]) : (0, 0)
  }
}

/// One pre-tokenizer of the general path; for one thread.
protocol PieceStep: AnyObject {
  func run(_ text: inout PieceText) throws(ToklabError)
}

/// Cuts each piece further; nothing is dropped or changed.
final class IsolatingStep: PieceStep {
  private let scanner: any PreTokenScanner
  private var buffer = [Int](repeating: 0, count: 512)

  init(_ preTokenizer: any PreTokenizer) { scanner = preTokenizer.makeScanner() }

  func run(_ text: inout PieceText) throws(ToklabError) {
    var ends: [Int] = []
    ends.reserveCapacity(text.ends.count)
    let oldEnds = text.ends
    try withBuffer(text.bytes) { (bytes) throws(ToklabError) in
      var start = 0
      for end in oldEnds {
        try scanner.begin(UnsafeBufferPointer(rebasing: bytes[start..<end]))
        while true {
          let count = try fill()
          if count == 0 { break }
          for index in 0..<count { ends.append(start + buffer[index]) }
        }
        start = end
      }
    }
    text.ends = ends
  }

  private func fill() throws(ToklabError) -> Int {
    let result: Result<Int, ToklabError> = buffer.withUnsafeMutableBufferPointer { ends in
      do throws(ToklabError) { return .success(try scanner.fill(ends)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

/// Cuts each piece at the matches of a pattern and drops them, or what lies between them when inverted.
final class RemovingStep: PieceStep {
  private let segments: SegmentReader

  init(_ matching: any TextMatching, invert: Bool) { segments = SegmentReader(matching, invert: invert) }

  func run(_ text: inout PieceText) throws(ToklabError) {
    let old = text
    var new = PieceText(isAligned: old.isAligned, beginsDocument: old.beginsDocument)
    new.bytes.reserveCapacity(old.bytes.count)
    try withBuffer(old.bytes) { (bytes) throws(ToklabError) in
      var start = 0
      for end in old.ends {
        try segments.begin(UnsafeBufferPointer(rebasing: bytes[start..<end]))
        var position = start
        while let (segmentEnd, isDropped) = try segments.next() {
          if !isDropped {
            if new.ends.isEmpty, position > 0 { new.beginsDocument = false }
            new.append(position..<start + segmentEnd, of: old)
            new.endPiece()
          }
          position = start + segmentEnd
        }
        start = end
      }
    }
    text = new
  }
}

/// ByteLevel's `add_prefix_space`: a space before each piece that does not begin with one.
final class PrefixSpaceStep: PieceStep {
  func run(_ text: inout PieceText) throws(ToklabError) {
    let old = text
    var new = PieceText(isAligned: old.isAligned, beginsDocument: old.beginsDocument)
    var start = 0
    for end in old.ends {
      if old.bytes[start] != 0x20 {
        // What is inserted shares the place of the character after it, as in the reference library.
        new.append([0x20], standingFor: old.character(at: start))
      }
      new.append(start..<end, of: old)
      new.endPiece()
      start = end
    }
    text = new
  }
}

/// ByteLevel's spelling: each byte becomes the character that stands for it. Byte-level models need no such step,
/// since their vocabulary is read as bytes; for all others it is part of the text they see.
///
/// Each of these characters has the place of the whole character that its byte belongs to.
final class SpellingStep: PieceStep {
  func run(_ text: inout PieceText) throws(ToklabError) {
    let old = text
    var new = PieceText(isAligned: old.isAligned, beginsDocument: old.beginsDocument)
    new.bytes.reserveCapacity(old.bytes.count * 5 / 4)
    var start = 0
    for end in old.ends {
      while start < end {
        let place = old.character(at: start)
        repeat {
          new.append(ByteAlphabet.spelling(of: CollectionOfOne(old.bytes[start])), standingFor: place)
          start += 1
        } while start < end && old.bytes[start] & 0xC0 == 0x80
      }
      new.endPiece()
    }
    text = new
  }
}

/// Metaspace: spaces become the replacement, which may also be put before a piece, and pieces begin with it.
///
/// Source: huggingface/tokenizers `pre_tokenizers/metaspace.rs`. `first` puts the replacement only where the
/// document begins.
final class MetaspaceStep: PieceStep {
  private let replacement: [UInt8]
  private let scheme: PrependScheme
  private let splits: Bool

  init(replacement: String, scheme: PrependScheme, splits: Bool) {
    self.replacement = Array(replacement.utf8)
    self.scheme = scheme
    self.splits = splits
  }

  func run(_ text: inout PieceText) throws(ToklabError) {
    let old = text
    var new = PieceText(isAligned: old.isAligned, beginsDocument: old.beginsDocument)
    new.bytes.reserveCapacity(old.bytes.count * 5 / 4)
    var start = 0
    for end in old.ends {
      let prepends =
        switch scheme {
        case .always: true
        case .first: start == 0 && old.beginsDocument
        case .never: false
        }
      let pieceStart = new.bytes.count
      if prepends, old.bytes[start] != 0x20, !old.bytes[start..<end].starts(with: replacement) {
        // What is inserted shares the place of the character after it, as in the reference library.
        new.append(replacement, standingFor: old.character(at: start))
      }
      var run = start
      for index in start..<end where old.bytes[index] == 0x20 {
        new.append(run..<index, of: old)
        if splits { new.endPiece() }
        new.append(replacement, standingFor: old.original(at: index))
        run = index + 1
      }
      new.append(run..<end, of: old)
      if splits { cutAtReplacements(&new, from: pieceStart) }
      new.endPiece()
      start = end
    }
    text = new
  }

  /// The text may have held the replacement before: every occurrence begins a piece.
  private func cutAtReplacements(_ text: inout PieceText, from start: Int) {
    guard !replacement.isEmpty else { return }
    text.ends.removeAll { $0 > start }
    var index = start
    while index + replacement.count <= text.bytes.count {
      if text.bytes[index] == replacement[0], text.bytes[index...].starts(with: replacement) {
        if index > (text.ends.last ?? 0) { text.ends.append(index) }
        index += replacement.count
      } else {
        index += 1
      }
    }
  }
}
