/// SentencePiece's normalization of a whole text: its charsmap, white space rules and user-defined pieces, with
/// its own alignment.
///
/// At each byte: a user-defined piece (the longest) is kept as it is; else the longest rule of the charsmap
/// replaces what it matches; else a character is kept, and a byte that begins none becomes U+FFFD. Then
/// (`remove_extra_whitespaces`) spaces at both ends go and runs become one, a space is put before the text
/// (`add_dummy_prefix`; after it, when white space belongs to the end of words), and spaces become U+2581
/// (`escape_whitespaces`). Total: any bytes have a normalization.
///
/// Alignment: a byte begins where what it was made of begins and ends where the next one begins, so all but
/// the last byte of a replacement are empty there. Source: google/sentencepiece 0.2.0 `src/normalizer.cc`.
///
/// Cost: linear; ASCII that no rule begins with is copied eight bytes at a time, a character below U+10000 that
/// none begins with after one look into a table of bits; the others take as many steps in the trie as they have
/// bytes.
///
/// Unsafe: reads and writes through raw pointers with room made for each replacement beforehand.
package struct SentencePieceNormalizer: Normalizer {
  private static let space: UInt8 = 0x20

  private let map: CharsMap?
  private let userDefined: DoubleArrayTrie?
  private let settings: SentencePieceSettings.Normalization
  private let isSuffix: Bool
  /// Whether an ASCII character is kept when the next one is ASCII too; never a space.
  private let isPlain: [Bool]
  /// The same for a space.
  private let isSpacePlain: Bool
  /// Whether all visible characters of ASCII and the space are plain, as in every published map.
  private let isWordPlain: Bool
  /// Whether a space is kept whatever follows it.
  private let isSpaceFree: Bool
  /// ``CharsMap/freeBlocks``, less what begins a user-defined piece; raw for the inner loop.
  private let free: FreeBlocks

  /// - Parameter userDefined: pieces that are kept whole.
  /// - Throws: ``ToklabError`` with the byte of the charsmap that is wrong.
  package init(
    _ settings: SentencePieceSettings.Normalization, spaceAsSuffix: Bool = false,
    userDefined: [[UInt8]] = []
  ) throws(ToklabError) {
    self.settings = settings
    isSuffix = spaceAsSuffix
    map = settings.charsmap.isEmpty ? nil : try CharsMap(settings.charsmap)
    let pieces = userDefined.sorted { $0.lexicographicallyPrecedes($1) }
    if pieces.isEmpty {
      self.userDefined = nil
    } else {
      let blob = pieces.flatMap { $0 }
      var starts = [0]
      for piece in pieces { starts.append(starts[starts.count - 1] + piece.count) }
      self.userDefined = blob.withUnsafeBufferPointer { blob in
        DoubleArrayBuilder.build(
          count: pieces.count,
          key: { UnsafeBufferPointer(rebasing: blob[starts[$0]..<starts[$0 + 1]]) }, value: { UInt32($0) }
        ).trie
      }
    }
    var isPlain = (map?.plainASCII ?? [Bool](repeating: true, count: 128))
    isPlain += [Bool](repeating: false, count: 128)
    for piece in pieces { isPlain[Int(piece[0])] = false }
    isSpacePlain = isPlain[Int(Self.space)]
    isPlain[Int(Self.space)] = false
    self.isPlain = isPlain
    isWordPlain = isSpacePlain && isPlain[0x21..<0x7F].allSatisfy { $0 }
    isSpaceFree = isSpacePlain && map?.begins(with: Self.space) != true
    free = FreeBlocks(map, butNot: pieces)
  }

  /// A table of bits that lives as long as the normalizer.
  private final class FreeBlocks: @unchecked Sendable {
    let blocks: UnsafeMutablePointer<UInt64>

    init(_ map: CharsMap?, butNot pieces: [[UInt8]]) {
      var free = map?.freeBlocks ?? (0..<1024).map { $0 < 2 || (0x360..<0x380).contains($0) ? 0 : .max }
      for piece in pieces {
        let lead = Int(piece[0])
        if lead >= 0xC0, lead < 0xE0 { free[lead & 31] = 0 }
        if lead >= 0xE0, lead < 0xF0 { for low in 0..<64 { free[(lead & 15) << 6 | low] = 0 } }
      }
      blocks = .allocate(capacity: free.count)
      blocks.initialize(from: free, count: free.count)
    }

    deinit { blocks.deallocate() }
  }

  package func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    guard let base = text.baseAddress, text.count > 0 else { return nil }
    guard text.count < Int(Int32.max) else {
      throw ToklabError(
        at: .byte(0), "a text of \(text.count) bytes", expected: "less than 2 GiB in one document")
    }
    var result: NormalizedText?
    // Most texts grow by their spaces alone, and stay where they are written.
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count + text.count / 2 + 64) { memory, count in
      var output = Output(memory, isAligned: alignment)
      run(base, text.count, &output)
      result = output.result(text)
      count = output.finish()
    }
    if let moved = result, moved.bytes.isEmpty {
      result = NormalizedText(bytes: bytes, starts: moved.starts, ends: moved.ends)
    }
    return result
  }

  private func run(_ text: UnsafePointer<UInt8>, _ count: Int, _ output: inout Output) {
    var position = 0
    let removes = settings.removeExtraWhitespaces
    while removes, position < count {
      let part = prefix(text + position, count - position)
      guard part.count == 1, part.text[0] == Self.space else { break }
      position += part.length
    }
    if position == count { return }
    if !isSuffix, settings.addDummyPrefix { output.space(settings.escapeWhitespaces, at: position) }
    var wasSpace = removes
    let free = free.blocks
    isPlain.withUnsafeBufferPointer { isPlain in
      while position < count {
        if !output.isAligned {
          if isWordPlain { copyPlain(text, count, &position, &output, &wasSpace, free) }
          if position == count { break }
          let start = position
          output.reserve(64)
          let limit = min(count &- 1, position &+ 64)
          while position < limit, isPlain[Int(text[position])], text[position &+ 1] < 0x80 { position &+= 1 }
          if position > start {
            output.copy(text + start, position &- start)
            wasSpace = false
            continue
          }
        }
        var part = prefix(text + position, count &- position)
        while wasSpace, part.count > 0, part.text[0] == Self.space {
          part.text += 1
          part.count &-= 1
        }
        if part.count > 0 {
          output.append(part.text, part.count, escapes: settings.escapeWhitespaces, at: position)
          wasSpace = removes && part.text[part.count &- 1] == Self.space
        } else if !removes {
          wasSpace = false
        }
        position &+= part.length
      }
    }
    if removes {
      let space = settings.escapeWhitespaces ? SpaceCuts.space : [Self.space]
      while let at = output.dropLast(space) { position = at }
    }
    if isSuffix, settings.addDummyPrefix { output.space(settings.escapeWhitespaces, at: position) }
    output.end = position
  }

  /// Copies as long as nothing but spaces changes; stops before a character that needs a look at the rules, or
  /// near the end.
  @inline(__always)
  private func copyPlain(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int, _ output: inout Output,
    _ wasSpace: inout Bool, _ free: UnsafePointer<UInt64>
  ) {
    let escapes = settings.escapeWhitespaces
    let removes = settings.removeExtraWhitespaces
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while position &+ 9 <= count {
      output.reserve(16)
      let word = UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self)
      // Bytes outside of 0x21 ... 0x7E; the lowest of them for certain.
      let deleted = word ^ (ones &* 0x7F)
      let stop =
        (word | (word &- ones &* 0x21) & ~word | (deleted &- ones) & ~deleted) & tops
      var length = stop == 0 ? 8 : stop.trailingZeroBitCount >> 3
      let next = text[position &+ length]
      // What stands before a character beyond ASCII may be the beginning of a rule.
      if next >= 0x80 { length &-= 1 }
      if length > 0 {
        output.copy(word, length)
        position &+= length
        wasSpace = false
      } else if length < 0 {
        let first = Int(next)
        let second = Int(text[position &+ 1])
        if first < 0xE0 {
          guard first >= 0xC2, second & 0xC0 == 0x80,
            free[first & 31] >> UInt64(second & 63) & 1 != 0 || isKept(text + position, count &- position)
          else { return }
          output.copy(word, 2)
          position &+= 2
        } else {
          let third = Int(text[position &+ 2])
          // Neither three bytes for what two could say nor half of a surrogate pair is a character.
          guard first < 0xF0, second & 0xC0 == 0x80, third & 0xC0 == 0x80, first > 0xE0 || second >= 0xA0,
            first != 0xED || second < 0xA0,
            free[(first & 15) << 6 | second & 63] >> UInt64(third & 63) & 1 != 0
              || isKept(text + position, count &- position)
          else { return }
          output.copy(word, 3)
          position &+= 3
        }
        wasSpace = false
        continue
      }
      if next == Self.space, isSpaceFree || text[position &+ 1] < 0x80 {
        if !wasSpace { output.plainSpace(escapes) }
        wasSpace = removes
        position &+= 1
      } else if length == 0 {
        // A visible character of ASCII before one beyond it, or one that is not visible.
        guard next >= 0x80, isKept(text + position, count &- position) else { return }
        output.copy(word, 1)
        position &+= 1
        wasSpace = false
      }
    }
  }

  /// Whether no rule and no user-defined piece begins the text, so that its first character is kept.
  @inline(__always)
  private func isKept(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    userDefined == nil && map?.longest(text, count) == nil
  }

  /// What the first bytes of a text become, and how many they are.
  private struct Part {
    var length: Int
    var text: UnsafePointer<UInt8>
    var count: Int
  }

  @inline(__always)
  private func prefix(_ text: UnsafePointer<UInt8>, _ count: Int) -> Part {
    if let userDefined, let match = userDefined.longestMatch(text, count) {
      return Part(length: match.length, text: text, count: match.length)
    }
    if let map, let match = map.longest(text, count) {
      return Part(length: match.length, text: match.text, count: match.count)
    }
    let length = UTF8Scalar.length(text, count)
    if length > 0 { return Part(length: length, text: text, count: length) }
    return Part(length: 1, text: Self.replacement, count: 3)
  }

  /// U+FFFD.
  nonisolated(unsafe) private static let replacement: UnsafePointer<UInt8> = {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 3)
    bytes.initialize(repeating: 0xBD, count: 3)
    bytes[0] = 0xEF
    bytes[1] = 0xBF
    return UnsafePointer(bytes)
  }()

  /// The text under construction; raw memory that grows.
  private struct Output {
    let isAligned: Bool
    /// Where the text ends in the original.
    var end = 0
    private var bytes: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int
    private var starts: [UInt32] = []

    /// Whether the text outgrew the memory that was given.
    private var isMoved = false

    init(_ memory: UnsafeMutableBufferPointer<UInt8>, isAligned: Bool) {
      self.isAligned = isAligned
      capacity = memory.count
      bytes = memory.baseAddress!
    }

    /// How much of the given memory is the text.
    func finish() -> Int {
      if isMoved { bytes.deallocate() }
      return isMoved ? 0 : count
    }

    @inline(__always)
    mutating func reserve(_ extra: Int) {
      if count &+ extra > capacity { grow(extra) }
    }

    private mutating func grow(_ extra: Int) {
      let size = (count + extra) * 2
      let new = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
      new.update(from: bytes, count: count)
      if isMoved { bytes.deallocate() }
      isMoved = true
      bytes = new
      capacity = size
    }

    @inline(__always)
    mutating func copy(_ text: UnsafePointer<UInt8>, _ length: Int) {
      (bytes + count).update(from: text, count: length)
      count &+= length
    }

    /// The first bytes of a word; there is room for all eight.
    @inline(__always)
    mutating func copy(_ word: UInt64, _ length: Int) {
      UnsafeMutableRawPointer(bytes + count).storeBytes(of: word, as: UInt64.self)
      count &+= length
    }

    /// A space where no alignment is kept; there is room for four bytes.
    @inline(__always)
    mutating func plainSpace(_ escapes: Bool) {
      // U+2581, or the space itself, little end first.
      UnsafeMutableRawPointer(bytes + count).storeBytes(of: escapes ? 0x81_96E2 : 0x20, as: UInt32.self)
      count &+= escapes ? 3 : 1
    }

    mutating func space(_ escapes: Bool, at position: Int) {
      reserve(3)
      write(escapes, at: position)
    }

    @inline(__always)
    private mutating func write(_ escapes: Bool, at position: Int) {
      if escapes {
        bytes[count] = 0xE2
        bytes[count &+ 1] = 0x96
        bytes[count &+ 2] = 0x81
        count &+= 3
      } else {
        bytes[count] = SentencePieceNormalizer.space
        count &+= 1
      }
      if isAligned { align(escapes ? 3 : 1, position) }
    }

    private mutating func align(_ length: Int, _ position: Int) {
      for _ in 0..<length { starts.append(UInt32(truncatingIfNeeded: position)) }
    }

    @inline(__always)
    mutating func append(_ text: UnsafePointer<UInt8>, _ length: Int, escapes: Bool, at position: Int) {
      reserve(length &* 3)
      for index in 0..<length {
        if text[index] == SentencePieceNormalizer.space {
          write(escapes, at: position)
        } else {
          bytes[count] = text[index]
          count &+= 1
          if isAligned { align(1, position) }
        }
      }
    }

    /// Takes a space from the end and tells where in the original it was; nil when there is none.
    mutating func dropLast(_ space: [UInt8]) -> Int? {
      guard count >= space.count,
        UnsafeBufferPointer(start: bytes + (count - space.count), count: space.count).elementsEqual(space)
      else { return nil }
      count -= space.count
      guard isAligned else { return 0 }
      let position = Int(starts[count])
      starts.removeLast(space.count)
      return position
    }

    /// The result, or nil when it is the text itself and nobody asks for alignment: a space that went and one
    /// that was put before the text are not the same. Its bytes are left out where the given memory holds them.
    func result(_ text: UnsafeBufferPointer<UInt8>) -> NormalizedText? {
      let made = UnsafeBufferPointer(start: bytes, count: count)
      if !isAligned, count == text.count, made.elementsEqual(text) { return nil }
      var ends = Array(starts.dropFirst())
      if !starts.isEmpty { ends.append(UInt32(truncatingIfNeeded: end)) }
      return NormalizedText(bytes: isMoved ? Array(made) : [], starts: starts, ends: ends)
    }
  }
}
