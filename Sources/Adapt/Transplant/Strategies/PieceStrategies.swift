import Tokenizers

/// A rule that weights the pieces of a new token's text.
protocol PieceRule: TransplantStrategy {
  /// The weights of the pieces, not all 0.
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double]
}

extension PieceRule {
  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    var result: [TokenRecipe?] = []
    for id in targets {
      guard let pieces = try context.pieces(ofNew: id) else {
        result.append(nil)
        continue
      }
      let weights = weights(pieces, in: context)
      result.append(.weighted(Array(zip(pieces, weights)), method: Self.descriptor.name))
    }
    return result
  }
}

/// The mean of the pieces' rows.
public struct MeanPieces: PieceRule {
  public static let descriptor = StrategyDescriptor(
    "mean", aliases: ["retok", "fvt"], summary: "the mean of the rows of the token's pieces",
    source: "ReTok (arXiv 2410.04335), fast vocabulary transfer (arXiv 2402.09977)")
  public init(_ options: TransplantOptions) {}
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double] { pieces.map { _ in 1 } }
}

/// Pieces by the bytes they cover.
public struct ByteLengthPieces: PieceRule {
  public static let descriptor = StrategyDescriptor(
    "byte-length", summary: "the mean of the pieces' rows, weighted by their bytes", source: "toklab")
  public init(_ options: TransplantOptions) {}
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double] {
    pieces.map { Double(context.old.texts[Int($0)].count) }
  }
}

public struct FirstPiece: PieceRule {
  public static let descriptor = StrategyDescriptor(
    "first-piece", summary: "the row of the first piece", source: "arcee-ai/mergekit, subword \"first\"")
  public init(_ options: TransplantOptions) {}
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double] {
    pieces.indices.map { $0 == 0 ? 1 : 0 }
  }
}

public struct LastPiece: PieceRule {
  public static let descriptor = StrategyDescriptor(
    "last-piece", summary: "the row of the last piece", source: "arcee-ai/mergekit, subword \"last\"")
  public init(_ options: TransplantOptions) {}
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double] {
    pieces.indices.map { $0 == pieces.count - 1 ? 1 : 0 }
  }
}

/// What a model must read and what it must say: the last piece for the input, pieces that count half of the one
/// before for an output matrix of its own.
public struct DecayingPieces: PieceRule {
  public static let descriptor = StrategyDescriptor(
    "decay", summary: "input: the last piece; output: weights 1, 1/2, 1/4, … from the first piece on",
    source: "jukofyork/transplant-vocab (γ 0.5)")
  public init(_ options: TransplantOptions) {}
  func weights(_ pieces: [TokenID], in context: TransplantContext) -> [Double] {
    guard context.isOutput else { return pieces.indices.map { $0 == pieces.count - 1 ? 1 : 0 } }
    var weight = 2.0
    return pieces.map { _ in
      weight /= 2
      return weight
    }
  }
}
