import Tokenizers

/// The old tokens that differ from a new one only in case and a leading space.
///
/// Those with a leading space when the new token has one, or without when it has none, come first; several are
/// averaged. A token without a twin gets its pieces by their bytes.
public struct TwinStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "twin", summary: "tokens equal up to case and one leading space; without such, byte-length",
    source: "toklab")
  private let pieces: ByteLengthPieces
  public init(_ options: TransplantOptions) { pieces = ByteLengthPieces(options) }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let twins = TwinIndex(context)
    var result: [TokenRecipe?] = []
    for id in targets {
      let found = twins.twins(of: context.new.texts[Int(id)])
      if found.isEmpty {
        result += try pieces.recipes(for: [id], in: context, rows: rows)
      } else {
        result.append(.mean(found, method: Self.descriptor.name))
      }
    }
    return result
  }
}

/// Old tokens by their text without case and one leading space.
struct TwinIndex: Sendable {
  private let groups: [[UInt8]: [TokenID]]
  private let texts: [[UInt8]]

  init(_ context: TransplantContext) {
    var groups: [[UInt8]: [TokenID]] = [:]
    for id in context.sources { groups[Self.key(context.old.texts[Int(id)]), default: []].append(id) }
    self.groups = groups
    texts = context.old.texts
  }

  static func key(_ text: [UInt8]) -> [UInt8] {
    let rest = text.first == 0x20 ? Array(text.dropFirst()) : text
    if let string = String(validating: rest, as: UTF8.self) { return Array(string.lowercased().utf8) }
    return rest.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
  }

  /// Ascending; without tokens of the very text.
  func twins(of text: [UInt8]) -> [TokenID] {
    let found = (groups[Self.key(text)] ?? []).filter { texts[Int($0)] != text }
    let alike = found.filter { (texts[Int($0)].first == 0x20) == (text.first == 0x20) }
    return alike.isEmpty ? found : alike
  }
}
