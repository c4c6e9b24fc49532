import Glibc

/// How much a model compresses for what it computes: IC = (T̄ − H̄ + b) / log₂ N.
///
/// arXiv 2511.08066 and its code: T̄ bits of text a token (mean over samples of 8 · bytes/tokens), H̄ mean
/// over tokens of −log₂ p, N operations a token, b a bias that makes models of one series alike (−24 for the
/// mixed text, −18.7 Chinese, −27 else). The first token of a sample is neither predicted nor counted. As
/// T̄ is a property of the tokenizer alone and decides most of the ranking, `bits_per_byte` stands beside it.
public struct InformationCapacity: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var log: LikelihoodLog
    public var shape: TransformerShape

    public init(tokenizer: TokenizerIdentity, log: LikelihoodLog, shape: TransformerShape) {
      self.tokenizer = tokenizer
      self.log = log
      self.shape = shape
    }
  }

  public var settings: CapacitySettings

  public init(_ settings: CapacitySettings = CapacitySettings()) { self.settings = settings }

  public static let family = "capacity"

  /// The formula; nil where N is not above 1.
  public static func value(
    textBits: Double, entropyBits: Double, flopsPerToken: Double, bias: Double
  ) -> Double? {
    guard flopsPerToken > 1 else { return nil }
    return (textBits - entropyBits + bias) / log2(flopsPerToken)
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let samples = input.log.samples
    guard !samples.isEmpty else { throw ToklabError("no samples of log-probabilities") }
    for sample in samples where sample.scored < 1 || sample.bytesScored < 1 {
      throw ToklabError("a sample without scored tokens or bytes")
    }
    let flops = try InferenceFLOPs.total(input.shape, mode: settings.mode)
    let perToken = try settings.operationsPerToken(input.shape)
    let sums = UnitSums(
      realColumns: [
        samples.map { 8 * Double($0.bytesScored) / Double($0.scored) }, samples.map(\.bits),
        samples.map { Double($0.scored) }, samples.map { Double($0.bytesScored) },
        Array(repeating: 1, count: samples.count),
      ], clusters: nil, bootstrap: settings.bootstrap)
    let (textBits, bits, tokens, bytes, count) = (0, 1, 2, 3, 4)
    let rounds = settings.mode == .paper
    func text(_ total: UnsafeBufferPointer<Double>) -> Double { total[textBits] / total[count] }
    func rounded(_ value: Double) -> Double {
      rounds ? (value * 100).rounded(.toNearestOrEven) / 100 : value
    }
    let point = sums.total.withUnsafeBufferPointer { $0[bits] / $0[tokens] }
    let meanText = rounded(sums.total.withUnsafeBufferPointer(text))
    let scored = samples.reduce(0) { $0 + $1.scored }
    let bias = settings.bias
    func row(_ index: Int, _ value: Double?, _ n: Int, _ interval: ClosedRange<Double>?) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: nil, value: value, interval: interval, n: n,
        reason: "the model has no operations to speak of")
    }
    var report = MetricReport()
    report.results = [
      row(
        0, Self.value(textBits: meanText, entropyBits: point, flopsPerToken: perToken, bias: bias),
        samples.count,
        sums.interval {
          Self.value(
            textBits: text($0), entropyBits: $0[bits] / $0[tokens], flopsPerToken: perToken, bias: bias)
            ?? .nan
        }),
      Self.descriptors[1].result(input.tokenizer, language: nil, count: flops, n: InferenceFLOPs.tokens),
      row(2, meanText, samples.count, sums.interval(text)),
      row(
        3, sums.total.withUnsafeBufferPointer { $0[bits] / $0[bytes] }, samples.count,
        sums.interval { $0[bits] / $0[bytes] }),
      row(4, point, scored, sums.interval { $0[bits] / $0[tokens] }),
    ]
    if settings.mode == .paper, samples.contains(where: { $0.tokenIDs.count > 1024 }) {
      report.notes.append("samples of more than 1,024 tokens: the paper cuts its samples there")
    }
    return report
  }

  private static let source = "arXiv 2511.08066, TeleAI-AI-Flow/InformationCapacity"

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "information_capacity", unit: "bits per log2 operation", direction: .higherIsBetter,
      estimator: .meanOfRatios, encodeMode: .none,
      definition: "(bits_per_token − cross_entropy_bits + bias) / log2(inference_flops/1024)",
      requirements: ["log-probabilities", "config.json"], source: source),
    MetricDescriptor(
      "inference_flops", unit: "operations", direction: .lowerIsBetter, estimator: .model, encodeMode: .none,
      definition: "operations of decoding 1,024 tokens from an empty prompt, a multiply-add being two",
      requirements: ["config.json"], source: source),
    MetricDescriptor(
      "bits_per_token", unit: "bits/token", direction: .none, estimator: .meanOfRatios, encodeMode: .none,
      definition:
        "8 × bytes over tokens, the first token left out, mean over samples; two decimals in paper mode",
      requirements: ["log-probabilities"], source: source),
    MetricDescriptor(
      "bits_per_byte", unit: "bits/byte", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .none,
      definition: "Σ −log2 p over bytes scored: comparable between tokenizers",
      requirements: ["log-probabilities"],
      source: source),
    MetricDescriptor(
      "cross_entropy_bits", unit: "bits/token", direction: .none, estimator: .ratioOfSums, encodeMode: .none,
      definition: "mean over predicted tokens of −log2 p; not comparable between tokenizers",
      requirements: ["log-probabilities"], source: source),
  ]

  /// Two samples of p = ½ and ¼: (2 scored, 4 bytes, 1 + 1 bits), (1 scored, 2 bytes, 2 bits). T̄ = 16, H̄ =
  /// 4/3, 4/6 bits a byte. A model of d = h = k = 1, f = V = 1, one layer: 1024 · (4 + 4 + 6) + 4 · 523,776
  /// + 2 · 1024 = 2,111,488 operations, 2,062 a token.
  public static var workedExample: WorkedExample<InformationCapacity> {
    let half = -0.6931471805599453
    let samples = [
      LikelihoodLog.Sample(bytesScored: 4, tokenIDs: [0, 1, 2], logProbabilities: [half, half]),
      LikelihoodLog.Sample(bytesScored: 2, tokenIDs: [0, 1], logProbabilities: [2 * half]),
    ]
    return WorkedExample(
      InformationCapacity(CapacitySettings(bias: 0, mode: .paper, bootstrap: .off)),
      on: Input(
        tokenizer: TokenizerIdentity("example"), log: LikelihoodLog(samples: samples),
        shape: TransformerShape(
          hiddenSize: 1, layers: 1, heads: 1, keyValueHeads: 1, intermediateSize: 1, vocabularySize: 1)),
      gives: [
        .init("information_capacity", nil, (16 - 4.0 / 3) / log2(2062)),
        .init("inference_flops", nil, 2_111_488),
        .init("bits_per_token", nil, 16), .init("bits_per_byte", nil, 4.0 / 6),
        .init("cross_entropy_bits", nil, 4.0 / 3),
      ])
  }
}
