import Tokenizers

/// Cuts before each space that follows something else: the smallest pre-tokenizer that is like gpt2's.
struct WordPreTokenizer: PreTokenizer {
  func makeScanner() -> any PreTokenScanner { WordScanner() }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? { nil }
}

final class WordScanner: PreTokenScanner {
  private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private var position = 0

  func begin(_ text: UnsafeBufferPointer<UInt8>) {
    self.text = text
    position = 0
  }

  func fill(_ ends: UnsafeMutableBufferPointer<Int>) -> Int {
    var count = 0
    while count < ends.count, position < text.count {
      position += 1
      while position < text.count, text[position] != 0x20 || text[position - 1] == 0x20 { position += 1 }
      ends[count] = position
      count += 1
    }
    return count
  }
}

extension PreTokenization {
  static let words = PreTokenization(
    preTokenizer: WordPreTokenizer(), named: "words", component: .whitespaceSplit)
}

/// A reproducible source of random numbers (SplitMix64, Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
