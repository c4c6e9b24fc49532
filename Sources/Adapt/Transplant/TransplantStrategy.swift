import Tokenizers

/// What a strategy is, for lists and help.
public struct StrategyDescriptor: Sendable, Hashable {
  public var name: String
  public var aliases: [String]
  public var summary: String
  /// The paper or program the rule is of.
  public var source: String
  /// What it needs beside the model and the two tokenizers: `donor`, `auxiliary`.
  public var needs: [String]

  public init(
    _ name: String, aliases: [String] = [], summary: String, source: String, needs: [String] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.source = source
    self.needs = needs
  }
}

/// A rule for the rows of tokens that the old vocabulary does not have.
///
/// A rule gives recipes (source rows and weights), not vectors, so that one recipe serves the input and the output
/// matrix, tied or not. Rules that look at rows are asked for each matrix.
public protocol TransplantStrategy: Sendable {
  static var descriptor: StrategyDescriptor { get }

  init(_ options: TransplantOptions)

  /// One recipe a target, nil where the rule has none.
  ///
  /// - Parameters:
  ///   - targets: ids of text tokens of the new tokenizer that no tier before has served, ascending.
  ///   - rows: the matrix that the recipes are for.
  /// - Throws: ``ToklabError`` when something it needs is missing.
  func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?]
}

/// Every strategy that can be asked for by name.
public enum TransplantStrategies {
  public static let all: [any TransplantStrategy.Type] = [
    LadderStrategy.self, ComposedRows.self, MeanPieces.self, ByteLengthPieces.self, FirstPiece.self,
    LastPiece.self,
    DecayingPieces.self, TwinStrategy.self, TokenAdapt.self, TokenAdaptGlobal.self, FocusStrategy.self,
    WechselStrategy.self, CrossLingualStrategy.self, MatchingPursuit.self, CentredMatchingPursuit.self,
    AuxiliaryPursuit.self,
    ProcrustesMap.self, LinearMap.self, RowMean.self, ZeroRows.self, NormalRows.self, GaussianRows.self,
  ]

  /// - Throws: ``ToklabError`` for a name that no strategy has.
  public static func named(_ name: String) throws(ToklabError) -> any TransplantStrategy.Type {
    for strategy in all {
      let descriptor = strategy.descriptor
      if descriptor.name == name || descriptor.aliases.contains(name) { return strategy }
    }
    throw ToklabError(
      "the method \"\(ByteEscape.string(name.utf8.prefix(40)))\"",
      expected: "one of \(all.map { $0.descriptor.name }.joined(separator: ", "))")
  }
}

/// The parameters of all strategies, by the names of the command line.
public struct TransplantOptions: Sendable, Hashable {
  public enum Variant: String, Sendable, Hashable, CaseIterable { case paper, code, fork }

  /// TokenAdapt: τ, k, w_g, θ.
  public var temperature = 0.3
  public var neighbors = 3
  public var globalWeight = 0.3
  public var threshold = 0.0
  public var variant = Variant.code
  /// Matching pursuit: the number of rows a new row is made of.
  public var sparsity = 64
  /// The same in the space of an auxiliary model.
  public var auxiliarySparsity = 8
  public var seed: UInt64 = 0
  public var threads = 1

  public init() {}
}
