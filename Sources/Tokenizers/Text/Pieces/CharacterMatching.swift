/// Characters of a kind as something text can be split at; each match is one character, or a run of them.
struct CharacterMatching: TextMatching {
  enum Kind: Sendable, Hashable {
    /// White_Space, 25 code points.
    case whiteSpace
    /// `\p{N}` at Unicode 17.0: the reference asks Rust's standard library, which is ahead of its regex crate.
    case number
    /// ``isPunctuation(_:_:)``.
    case punctuation
    case scalar(Unicode.Scalar)
    /// Runs of `\w`, and runs of what is neither `\w` nor `\s`.
    case words
  }

  let kind: Kind
  /// Whether neighbours make one match. Where matches are dropped this changes nothing but the speed.
  let joinsRuns: Bool

  func makeMatcher() -> any TextMatcher { Matcher(kind, joinsRuns) }

  /// What BERT takes for punctuation: ASCII punctuation and symbols, and `\p{P}` at Unicode 8.0, whose two
  /// members that have become symbols and marks stay.
  static func isPunctuation(_ scalar: Unicode.Scalar, _ bits: ScalarClass) -> Bool {
    if scalar.value < 0x80 {
      return scalar.value > 0x20 && scalar.value < 0x7F && bits.isDisjoint(with: [.letter, .number])
    }
    if scalar.value == 0x166D || scalar.value == 0x111C9 { return true }
    guard bits.contains(.punctuation), let properties = CharacterSets.known(scalar.value, upTo: 8) else {
      return false
    }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// Kinds of characters a text falls into under a ``Kind``; 0 is no match.
  private final class Matcher: TextMatcher {
    private let kind: Kind
    private let joinsRuns: Bool
    private let classes = UnicodeClasses.shared
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0
    /// Answers for ASCII, where most text is.
    private let ascii: [UInt8]

    init(_ kind: Kind, _ joinsRuns: Bool) {
      self.kind = kind
      self.joinsRuns = joinsRuns
      let classes = UnicodeClasses.shared
      ascii = (0..<128).map { value in
        Self.answer(kind, Unicode.Scalar(UInt8(value)), ScalarClass(rawValue: classes.ascii[value]))
      }
    }

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
    }

    func next() -> Range<Int>? {
      var index = position
      while index < text.count {
        let (found, next) = answer(at: index)
        if found == 0 {
          index = next
          continue
        }
        var end = next
        while joinsRuns, end < text.count {
          let (following, after) = answer(at: end)
          if following != found { break }
          end = after
        }
        position = end
        return index..<end
      }
      position = index
      return nil
    }

    @inline(__always)
    private func answer(at index: Int) -> (UInt8, Int) {
      let byte = text[index]
      if byte < 0x80 { return (ascii[Int(byte)], index + 1) }
      let (bits, next) = ScanText(base: text.baseAddress!, count: text.count, classes: classes).wideUnit(
        at: index)
      if next == index + 1 { return (kind == .words ? 2 : 0, next) }
      let scalar = ScanText.scalar(text.baseAddress! + index, next - index)
      return (Self.answer(kind, scalar, bits), next)
    }

    private static func answer(_ kind: Kind, _ scalar: Unicode.Scalar, _ bits: ScalarClass) -> UInt8 {
      switch kind {
      case .whiteSpace: bits.contains(.space) ? 1 : 0
      case .number: bits.contains(.number) || bits.isEmpty && isRecentNumber(scalar) ? 1 : 0
      case .punctuation: CharacterMatching.isPunctuation(scalar, bits) ? 1 : 0
      case .scalar(let wanted): scalar == wanted ? 1 : 0
      case .words: bits.contains(.space) ? 0 : isWord(scalar, bits) ? 1 : 2
      }
    }

    /// Whether a character that ``UnicodeClasses`` has no class for is a number of a later Unicode version.
    private static func isRecentNumber(_ scalar: Unicode.Scalar) -> Bool {
      switch CharacterSets.known(scalar.value, upTo: 17)?.generalCategory {
      case .decimalNumber, .letterNumber, .otherNumber: true
      default: false
      }
    }

    private static func isWord(_ scalar: Unicode.Scalar, _ bits: ScalarClass) -> Bool {
      if !bits.isDisjoint(with: [.letter, .mark]) { return true }
      if scalar.value < 0x80 { return bits.contains(.number) || scalar == "_" }
      return WordBoundary.isWord(scalar)
    }
  }
}

extension ScanText {
  /// The scalar of `length` well-formed bytes.
  @inline(__always)
  static func scalar(_ pointer: UnsafePointer<UInt8>, _ length: Int) -> Unicode.Scalar {
    var value = UInt32(pointer[0])
    switch length {
    case 1: break
    case 2: value = (value & 0x1F) << 6 | UInt32(pointer[1] & 0x3F)
    case 3: value = (value & 0x0F) << 12 | UInt32(pointer[1] & 0x3F) << 6 | UInt32(pointer[2] & 0x3F)
    default:
      value =
        (value & 0x07) << 18 | UInt32(pointer[1] & 0x3F) << 12 | UInt32(pointer[2] & 0x3F) << 6
        | UInt32(pointer[3] & 0x3F)
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }
}

/// Pieces of a fixed number of characters.
/// Source: huggingface/tokenizers `pre_tokenizers/fixed_length.rs`.
struct FixedLengthPreTokenizer: PreTokenizer {
  let length: Int

  func makeScanner() -> any PreTokenScanner { Scanner(length) }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? { nil }

  private final class Scanner: PreTokenScanner {
    private let length: Int
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0

    init(_ length: Int) { self.length = length }

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
    }

    func fill(_ ends: UnsafeMutableBufferPointer<Int>) -> Int {
      var filled = 0
      while filled < ends.count, position < text.count {
        var taken = 0
        while taken < length, position < text.count {
          position += max(1, UTF8Scalar.length(text.baseAddress! + position, text.count - position))
          taken += 1
        }
        ends[filled] = position
        filled += 1
      }
      return filled
    }
  }
}
