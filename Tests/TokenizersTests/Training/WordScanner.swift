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
