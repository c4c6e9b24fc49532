import Glibc

/// Information capacity as a function of the tokenizer, for one model: what the model would score if it read
/// another tokenizer's tokens and still needed as many bits for each byte.
///
/// T̄ is 8 · bytes/tokens of the tokenizer, H̄ the model's bits a byte times bytes/tokens, N the model's
/// operations with the tokenizer's number of ids in the output layer. It shows how much of a capacity is the
/// tokenizer's doing; a real model trained on that tokenizer would have other bits a byte.
public struct TokenizerCapacity: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var shape: TransformerShape
    /// The model's, on its own tokens.
    public var bitsPerByte: Double
    /// Ids of the tokenizer: rows of the output layer.
    public var vocabularySize: Int
    /// Tokens and bytes of each line of a text.
    public var tokens: [Int]
    public var bytes: [Int]

    public init(
      tokenizer: TokenizerIdentity, shape: TransformerShape, bitsPerByte: Double, vocabularySize: Int,
      tokens: [Int], bytes: [Int]
    ) {
      self.tokenizer = tokenizer
      self.shape = shape
      self.bitsPerByte = bitsPerByte
      self.vocabularySize = vocabularySize
      self.tokens = tokens
      self.bytes = bytes
    }
  }

  public var settings: CapacitySettings

  public init(_ settings: CapacitySettings = CapacitySettings()) { self.settings = settings }

  public static let family = "capacity"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard input.tokens.count == input.bytes.count else {
      throw ToklabError("\(input.tokens.count) token counts", expected: "\(input.bytes.count), one a line")
    }
    var shape = input.shape
    shape.vocabularySize = max(1, input.vocabularySize)
    let perToken = try settings.operationsPerToken(shape)
    let sums = UnitSums(columns: [input.bytes, input.tokens], clusters: nil, bootstrap: settings.bootstrap)
    let (bias, bits) = (settings.bias, input.bitsPerByte)
    func textBits(_ totals: UnsafeBufferPointer<Double>) -> Double { 8 * totals[0] / totals[1] }
    func capacity(_ totals: UnsafeBufferPointer<Double>) -> Double {
      let text = textBits(totals)
      return InformationCapacity.value(
        textBits: text, entropyBits: text / 8 * bits, flopsPerToken: perToken, bias: bias) ?? .nan
    }
    func row(_ index: Int, _ statistic: (UnsafeBufferPointer<Double>) -> Double) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: nil,
        value: sums.total.isEmpty ? nil : sums.total.withUnsafeBufferPointer(statistic),
        interval: sums.interval(statistic), n: input.tokens.count, reason: "the text has no tokens")
    }
    return MetricReport(results: [row(0, capacity), row(1, textBits)])
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "tokenizer_capacity", unit: "bits per log2 operation", direction: .higherIsBetter,
      estimator: .ratioOfSums, encodeMode: .perLine,
      definition:
        "information capacity of the model on this tokenizer's tokens at the model's own bits_per_byte, its output layer as large as the tokenizer",
      requirements: ["log-probabilities", "config.json", "text"], source: "after arXiv 2511.08066"),
    MetricDescriptor(
      "tokenizer_bits_per_token", unit: "bits/token", direction: .none, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "8 × bytes over tokens of the text",
      requirements: ["text"], source: "after arXiv 2511.08066"),
  ]

  /// The model of 2,062 operations a token of ``InformationCapacity``; 8 bytes in 2 tokens: T̄ = 32; 0.5 bits
  /// a byte: H̄ = 2.
  public static var workedExample: WorkedExample<TokenizerCapacity> {
    WorkedExample(
      TokenizerCapacity(CapacitySettings(bias: 0, bootstrap: .off)),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        shape: TransformerShape(
          hiddenSize: 1, layers: 1, heads: 1, keyValueHeads: 1, intermediateSize: 1, vocabularySize: 7),
        bitsPerByte: 0.5, vocabularySize: 1, tokens: [1, 1], bytes: [3, 5]),
      gives: [
        .init("tokenizer_capacity", nil, 30 / log2(2062)), .init("tokenizer_bits_per_token", nil, 32),
      ])
  }
}
