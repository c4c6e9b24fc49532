/// What every figure of information capacity depends on beside the model.
public struct CapacitySettings: Sendable, Hashable {
  /// The constant b: −24 mixed text, −18.7 Chinese FineWeb-Edu, −27 other text of the paper.
  public var bias: Double
  /// How operations are counted; in paper mode T̄ is rounded to two decimals, as the paper's code does.
  public var mode: InferenceFLOPs.Mode
  public var bootstrap: Bootstrap

  public init(
    bias: Double = -24, mode: InferenceFLOPs.Mode = .paper, bootstrap: Bootstrap = Bootstrap()
  ) {
    self.bias = bias
    self.mode = mode
    self.bootstrap = bootstrap
  }

  /// Operations a token.
  func operationsPerToken(_ shape: TransformerShape) throws(ToklabError) -> Double {
    Double(try InferenceFLOPs.total(shape, mode: mode)) / Double(InferenceFLOPs.tokens)
  }
}
