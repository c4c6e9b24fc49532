/// Encodes sequences and pairs for a model: truncation, special tokens with their type ids, padding.
///
/// Equal to `Tokenizer.encode` of huggingface/tokenizers (`tokenizers/src/tokenizer/mod.rs`,
/// `utils/truncation.rs`, `utils/padding.rs`, `processors/`), except where that has no answer: a maximum length
/// that its own special tokens exceed (there an unsigned number wraps and nothing is cut) and a stride that
/// does not advance (there a panic) are errors here. Offsets are the bytes a token stands for, white space
/// included: `trim_offsets` changes no id and is not applied.
///
/// Not for threads to share.
public final class SequenceEncoder {
  private let tokenizer: Tokenizer
  private let encoder: DocumentEncoder
  private let addsSpecialTokens: Bool
  private let truncation: TruncationDefinition?
  private let padding: PaddingDefinition?

  /// - Parameters:
  ///   - truncation: nil leaves sequences whole, whatever the tokenizer's file says.
  ///   - padding: nil leaves them as long as they are.
  public init(
    _ tokenizer: Tokenizer, options: EncodeOptions = EncodeOptions(addSpecialTokens: true),
    truncation: TruncationDefinition? = nil, padding: PaddingDefinition? = nil
  ) throws(ToklabError) {
    self.tokenizer = tokenizer
    var plain = options
    plain.addSpecialTokens = false
    encoder = try DocumentEncoder(tokenizer, options: plain)
    addsSpecialTokens = options.addSpecialTokens
    self.truncation = truncation
    self.padding = padding
  }

  /// One sequence, or a pair. Without padding by batch: see ``pad(_:)``.
  ///
  /// - Parameter number: of the sequence within its input, on which random choices depend
  ///   (``EncodeOptions/dropout``, ``EncodeOptions/sampling``).
  public func encode(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>? = nil, number: Int = 0
  ) throws(ToklabError) -> SequenceEncoding {
    var parts = [SequenceEncoding(try encoder.encodeWithOffsets(first, number: number), typeID: 0)]
    if let second {
      parts.append(SequenceEncoding(try encoder.encodeWithOffsets(second, number: ~number), typeID: 1))
    }
    try truncate(&parts)
    if let component = tokenizer.definition.postProcessor {
      // The processor numbers the sequences; what was cut off keeps its numbers.
      for index in parts.indices { parts[index].setType(UInt32(index)) }
      try process(&parts, component)
    }
    var whole = parts[0]
    for part in parts.dropFirst() { whole.append(part) }
    if let padding, let fixed = padding.fixedLength { whole.pad(to: padding.rounded(fixed), padding) }
    return whole
  }

  /// Makes the sequences of a batch equally long, where the padding says so.
  public func pad(_ batch: inout [SequenceEncoding]) {
    guard let padding, padding.fixedLength == nil, let longest = batch.map(\.count).max() else { return }
    let length = padding.rounded(longest)
    for index in batch.indices { batch[index].pad(to: length, padding) }
  }

  private func truncate(_ parts: inout [SequenceEncoding]) throws(ToklabError) {
    guard let truncation else { return }
    let total = parts.reduce(0) { $0 + $1.count }
    let added =
      addsSpecialTokens ? tokenizer.definition.postProcessor?.addedTokens(isPair: parts.count == 2) ?? 0 : 0
    guard added <= truncation.maxLength else {
      throw ToklabError(
        "a maximum length of \(truncation.maxLength)", expected: "room for the \(added) special tokens",
        advice: "allow more tokens or add no special ones")
    }
    let length = truncation.maxLength - added
    func cut(_ index: Int, _ length: Int) throws(ToklabError) {
      try parts[index].truncate(to: length, stride: truncation.stride, side: truncation.direction)
    }
    if length == 0 {
      for index in parts.indices { try cut(index, 0) }
      return
    }
    let excess = total - length
    if excess <= 0 { return }
    switch truncation.strategy {
    case .longestFirst where parts.count == 2:
      let (short, long) = parts[0].count <= parts[1].count ? (0, 1) : (1, 0)
      var shorter = parts[short].count
      var longer = shorter > length ? shorter : max(shorter, length - shorter)
      if shorter + longer > length {
        shorter = length / 2
        longer = shorter + length % 2
      }
      try cut(short, shorter)
      try cut(long, longer)
    case .longestFirst: try cut(0, length)
    case .onlyFirst, .onlySecond:
      let index = truncation.strategy == .onlyFirst ? 0 : 1
      guard index < parts.count else {
        throw ToklabError(
          "no second sequence to truncate", expected: "a pair",
          advice: "the strategy OnlySecond goes with pairs")
      }
      guard parts[index].count > excess else {
        throw ToklabError(
          "a sequence of \(parts[index].count) tokens of which \(excess) are too many",
          expected: "one that is long enough to be cut alone", advice: "use the strategy LongestFirst")
      }
      try cut(index, parts[index].count - excess)
    }
  }

  /// One post-processor over the parts of a sequence or a pair.
  private func process(
    _ parts: inout [SequenceEncoding], _ component: PostProcessorComponent
  ) throws(ToklabError) {
    switch component {
    case .byteLevel: break
    case .bert(let sep, let cls):
      guard addsSpecialTokens else { return }
      for index in parts.indices {
        parts[index].surround(index == 0 ? [cls.id] : [], [sep.id], typeID: index == 0 ? 0 : 1)
      }
    case .roberta(let sep, let cls, _, _):
      for index in parts.indices { parts[index].setType(0) }
      guard addsSpecialTokens else { return }
      for index in parts.indices {
        for part in parts[index].overflow.indices { parts[index].overflow[part].setType(0) }
        parts[index].surround([index == 0 ? cls.id : sep.id], [sep.id], typeID: 0)
      }
    case .template(let single, let pair, let specials):
      guard parts.count <= 2 else {
        throw ToklabError(
          "a template after another post-processor that adds tokens", expected: "one template at most",
          advice: "remove one of them from the tokenizer's post-processors")
      }
      var result: [SequenceEncoding] = []
      for piece in parts.count == 2 ? pair : single {
        switch piece {
        case .sequence(let name, let typeID):
          let index = name == .a ? 0 : 1
          guard index < parts.count else {
            throw ToklabError("a template that asks for a second sequence", expected: "a pair")
          }
          parts[index].setType(UInt32(clamping: typeID))
          result.append(parts[index])
        case .special(let name, let typeID):
          if addsSpecialTokens {
            let ids = specials.first { $0.id == name }?.ids ?? []
            result.append(SequenceEncoding(special: ids, typeID: UInt32(clamping: typeID)))
          }
        }
      }
      parts = result.isEmpty ? [SequenceEncoding()] : result
    case .sequence(let list): for component in list { try process(&parts, component) }
    }
  }
}

extension SequenceEncoding {
  fileprivate mutating func setType(_ typeID: UInt32) {
    typeIDs = Array(repeating: typeID, count: count)
  }

  /// Puts special tokens around the sequence and around each part that was cut off it.
  fileprivate mutating func surround(_ before: [TokenID], _ after: [TokenID], typeID: UInt32) {
    func surrounded(_ encoding: SequenceEncoding) -> SequenceEncoding {
      var result = SequenceEncoding(special: before, typeID: typeID)
      var inner = encoding
      inner.overflow = []
      result.append(inner)
      result.append(SequenceEncoding(special: after, typeID: typeID))
      return result
    }
    let parts = overflow.map(surrounded)
    self = surrounded(self)
    overflow = parts
  }
}

extension PaddingDefinition {
  fileprivate func rounded(_ length: Int) -> Int {
    guard let multiple = padToMultipleOf, multiple > 0, length % multiple > 0 else { return length }
    let (sum, overflows) = length.addingReportingOverflow(multiple - length % multiple)
    return overflows ? length : sum
  }
}

extension PostProcessorComponent {
  /// The number of special tokens it adds to a sequence or a pair.
  func addedTokens(isPair: Bool) -> Int {
    switch self {
    case .byteLevel: 0
    case .bert: isPair ? 3 : 2
    case .roberta: isPair ? 4 : 2
    case .template(let single, let pair, let specials):
      (isPair ? pair : single).reduce(0) { count, piece in
        guard case .special(let name, _) = piece else { return count }
        return count + (specials.first { $0.id == name }?.ids.count ?? 0)
      }
    case .sequence(let list): list.reduce(0) { $0 + $1.addedTokens(isPair: isPair) }
    }
  }
}
