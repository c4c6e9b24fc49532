/// One piece: the whole text. What `ByteLevel` without a regex cuts.
struct WholeTextPreTokenizer: PreTokenizer {
  func makeScanner() -> any PreTokenScanner { Scanner() }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? { nil }

  private final class Scanner: PreTokenScanner {
    private var count = 0

    func begin(_ text: UnsafeBufferPointer<UInt8>) { count = text.count }

    func fill(_ ends: UnsafeMutableBufferPointer<Int>) -> Int {
      guard count > 0, !ends.isEmpty else { return 0 }
      ends[0] = count
      count = 0
      return 1
    }
  }
}

/// Two pre-tokenizers in turn: the second cuts each piece of the first as a text of its own.
struct SequencePreTokenizer: PreTokenizer {
  let first: any PreTokenizer
  let second: any PreTokenizer

  func makeScanner() -> any PreTokenScanner {
    Scanner(first.makeScanner(), second.makeScanner())
  }

  /// A cut of the first: the pieces on both sides are those of the whole, and the second looks at nothing
  /// beyond a piece.
  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? {
    first.cut(text, from: lowerBound, to: upperBound)
  }

  private final class Scanner: PreTokenScanner {
    private let first: any PreTokenScanner
    private let second: any PreTokenScanner
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var outer = [Int](repeating: 0, count: 256)
    private var outerCount = 0
    private var outerIndex = 0
    /// Where the piece of the first starts that the second is in.
    private var start = 0
    private var inPiece = false

    init(_ first: any PreTokenScanner, _ second: any PreTokenScanner) {
      self.first = first
      self.second = second
    }

    func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
      self.text = text
      try first.begin(text)
      outerCount = 0
      outerIndex = 0
      start = 0
      inPiece = false
    }

    func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int {
      var filled = 0
      while filled < ends.count {
        if !inPiece {
          if outerIndex == outerCount {
            outerCount = try refill()
            outerIndex = 0
            if outerCount == 0 { break }
          }
          try second.begin(UnsafeBufferPointer(rebasing: text[start..<outer[outerIndex]]))
          inPiece = true
        }
        let room = UnsafeMutableBufferPointer(rebasing: ends[filled...])
        let count = try second.fill(room)
        for index in 0..<count { room[index] += start }
        filled += count
        if count == 0 {
          start = outer[outerIndex]
          outerIndex += 1
          inPiece = false
        }
      }
      return filled
    }

    private func refill() throws(ToklabError) -> Int {
      var buffer = outer
      defer { outer = buffer }
      var failure: ToklabError?
      let count = buffer.withUnsafeMutableBufferPointer { ends in
        do throws(ToklabError) { return try first.fill(ends) } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      return count
    }
  }
}
