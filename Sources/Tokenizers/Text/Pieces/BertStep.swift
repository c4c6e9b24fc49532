/// BERT's pre-tokenizer in one pass: white space is dropped, punctuation stands alone.
///
/// The two general steps (``RemovingStep``, ``IsolatingStep``) do the same where alignment is kept.
final class BertStep: PieceStep {
  private let steps: [any PieceStep]
  private let classes = UnicodeClasses.shared
  /// For ASCII: 0 a part of a word, 1 white space, 2 punctuation.
  private let ascii: [UInt8]

  private static let whiteSpace = CharacterMatching(kind: .whiteSpace, joinsRuns: true)
  private static let punctuation = CharacterMatching(kind: .punctuation, joinsRuns: false)

  static var plans: [PieceStepPlan] {
    [
      .removing(whiteSpace, invert: false),
      .isolating(SplitPreTokenizer(punctuation, behavior: .isolated, invert: false)),
    ]
  }

  init() {
    steps = Self.plans.map { $0.makeStep() }
    let classes = self.classes
    ascii = (0..<128).map { value in
      Self.answer(Unicode.Scalar(UInt8(value)), ScalarClass(rawValue: classes.ascii[value]))
    }
  }

  private static func answer(_ scalar: Unicode.Scalar, _ bits: ScalarClass) -> UInt8 {
    bits.contains(.space) ? 1 : CharacterMatching.isPunctuation(scalar, bits) ? 2 : 0
  }

  func run(_ text: inout PieceText) throws(ToklabError) {
    if text.isAligned {
      for step in steps { try step.run(&text) }
      return
    }
    let old = text
    var new = PieceText(isAligned: false, beginsDocument: old.beginsDocument)
    new.ends.reserveCapacity(old.bytes.count / 4)
    new.bytes = [UInt8](unsafeUninitializedCapacity: old.bytes.count) { output, count in
      old.bytes.withUnsafeBufferPointer { bytes in
        var start = 0
        for end in old.ends {
          piece(UnsafeBufferPointer(rebasing: bytes[start..<end]), into: output, &count, &new.ends)
          start = end
        }
      }
    }
    text = new
  }

  @inline(__always)
  private func piece(
    _ text: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int,
    _ ends: inout [Int]
  ) {
    var written = count
    var wordStart = written
    var position = 0
    ascii.withUnsafeBufferPointer { ascii in
      while position < text.count {
        let byte = text[position]
        var kind: UInt8
        var length = 1
        if byte < 0x80 {
          kind = ascii[Int(byte)]
        } else {
          kind = 0
          let unit = ScanText(base: text.baseAddress!, count: text.count, classes: classes).wideUnit(
            at: position)
          length = unit.1 - position
          if length > 1 {
            kind = Self.answer(ScanText.scalar(text.baseAddress! + position, length), unit.0)
          }
        }
        if kind != 0, written > wordStart {
          ends.append(written)
          wordStart = written
        }
        if kind != 1 {
          for index in 0..<length { output[written &+ index] = text[position &+ index] }
          written &+= length
          if kind == 2 {
            ends.append(written)
            wordStart = written
          }
        }
        position &+= length
      }
    }
    if written > wordStart { ends.append(written) }
    count = written
  }
}
