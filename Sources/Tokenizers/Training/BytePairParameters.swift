/// What byte-pair training is asked for. Names and defaults follow huggingface/tokenizers' `BpeTrainer`,
/// but for the size.
public struct BytePairParameters: Sendable, Hashable {
  /// Special tokens and the 256 bytes included.
  public var vocabularySize: Int
  /// A pair rarer than this is not merged; 0 means as 1.
  public var minFrequency: Int64
  /// A pair is considered only where its bytes number less than this (strictly, as the reference library
  /// does), pairs of single bytes always. nil: no limit.
  public var maxTokenLength: Int?
  public var specialTokens: [SpecialToken]
  public var postProcessor: PostProcessorChoice

  public init(
    vocabularySize: Int = 32000, minFrequency: Int64 = 0, maxTokenLength: Int? = nil,
    specialTokens: [SpecialToken] = [], postProcessor: PostProcessorChoice = .none
  ) {
    self.vocabularySize = vocabularySize
    self.minFrequency = minFrequency
    self.maxTokenLength = maxTokenLength
    self.specialTokens = specialTokens
    self.postProcessor = postProcessor
  }
}

/// A token that stands for no text, and its part.
public struct SpecialToken: Sendable, Hashable {
  public enum Role: String, Sendable, Hashable, CaseIterable {
    case bos, eos, pad, unk, mask, cls, sep, other
  }
  public var role: Role
  public var content: String

  public init(role: Role = .other, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// Which special tokens a trained tokenizer puts around a text.
public enum PostProcessorChoice: String, Sendable, Hashable, CaseIterable {
  case none, bos, eos
  case bosEos = "bos-eos"
}

extension PostProcessorChoice {
  /// - Parameter specials: in the order of their ids, from 0.
  /// - Throws: ``ToklabError`` when one of the roles is missing.
  func template(_ specials: [SpecialToken]) throws(ToklabError) -> PostProcessorComponent? {
    guard self != .none else { return nil }
    func piece(_ role: SpecialToken.Role) throws(ToklabError) -> (TokenID, String) {
      guard let id = specials.firstIndex(where: { $0.role == role }) else {
        throw ToklabError(
          "post-processor \(rawValue) without a \(role.rawValue) token",
          expected: "a special token with that role",
          advice: "add --special \(role.rawValue)=TOKEN")
      }
      return (TokenID(id), specials[id].content)
    }
    let bos = self == .eos ? nil : try piece(.bos)
    let eos = self == .bos ? nil : try piece(.eos)
    func around(_ name: TemplatePiece.SequenceName, _ type: Int) -> [TemplatePiece] {
      (bos.map { [.special($0.1, typeID: type)] } ?? []) + [.sequence(name, typeID: type)]
        + (eos.map { [.special($0.1, typeID: type)] } ?? [])
    }
    var named: [(TokenID, String)] = []
    for (id, token) in [bos, eos].compactMap({ $0 }) where !named.contains(where: { $0.0 == id }) {
      named.append((id, token))
    }
    return .template(
      single: around(.a, 0), pair: around(.a, 0) + around(.b, 1),
      specials: named.sorted { $0.0 < $1.0 }.map { TemplateSpecial(id: $0.1, ids: [$0.0], tokens: [$0.1]) })
  }
}
