/// Floating-point operations of decoding 1,024 tokens from an empty prompt; a multiply-add is two.
///
/// Two countings. ``Mode/paper`` is that of arXiv 2511.08066's code, so that its table repeats to the last
/// digit: head size is hidden size over heads whatever the file says, token i attends to the i before it, and
/// latent attention leaves its low-rank projections out. ``Mode/exact`` counts what the model does.
public enum InferenceFLOPs {
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    case paper
    case exact
  }

  public static let tokens = 1024

  /// Operations of ``tokens`` tokens.
  ///
  /// - Throws: ``ToklabError`` when the sizes do not fit a 64-bit number.
  public static func total(_ shape: TransformerShape, mode: Mode) throws(ToklabError) -> Int {
    // Sizes are at most 2²⁴, so a term may pass 2⁶³: counted in doubles first.
    let estimate = mode == .paper ? paper(shape, Double.self) : exact(shape, Double.self)
    guard estimate < 0x1p62 else { throw ToklabError("the model is too large to count its operations") }
    return mode == .paper ? paper(shape, Int.self) : exact(shape, Int.self)
  }

  private static func paper<N: Numeric>(_ s: TransformerShape, _: N.Type) -> N {
    func number(_ value: Int) -> N { N(exactly: value)! }
    let t = number(tokens)
    let d = number(s.hiddenSize)
    let head = number(s.hiddenSize / s.heads)
    let h = number(s.heads)
    let k = number(s.keyValueHeads)
    let projections = 4 * d * d + 4 * d * k * head
    let output = 2 * t * d * number(s.vocabularySize)
    if let latent = s.latentAttention {
      let active = s.experts.map { $0.shared + $0.perToken } ?? 1
      let width = number(s.experts?.intermediateSize ?? s.intermediateSize)
      let layer =
        t * (projections + 6 * d * width * number(active)) + 4 * h * head * t * number(latent.keyValueRank)
      return number(s.layers) * layer + output
    }
    let f = number(s.intermediateSize)
    var mlp = 6 * d * f
    switch s.modelType {
    case "gpt_oss": mlp = 4 * d * f * number(s.experts?.perToken ?? 1)
    case "llama4", "llama4_text":
      if let dense = s.denseIntermediateSize { mlp = d * (6 * number(dense) + 4 * f) }
    case "qwen2_moe":
      if let shared = s.experts?.sharedIntermediateSize { mlp = 6 * d * number(s.intermediateSize + shared) }
    default: break
    }
    let attention = 4 * h * head * number(tokens * (tokens - 1) / 2)
    return number(s.layers) * (t * (projections + mlp) + attention) + output
  }

  private static func exact<N: Numeric>(_ s: TransformerShape, _: N.Type) -> N {
    func number(_ value: Int) -> N { N(exactly: value)! }
    let t = number(tokens)
    let d = number(s.hiddenSize)
    let h = number(s.heads)
    let layers = number(s.layers)
    var total = 2 * t * d * number(s.vocabularySize)

    // Positions seen by all tokens together, the token itself included.
    let everywhere = tokens * (tokens + 1) / 2
    let window = min(s.slidingWindow ?? tokens, tokens)
    let nearby = window * (window + 1) / 2 + (tokens - window) * window
    let positions =
      number(s.layers - s.slidingLayers) * number(everywhere) + number(s.slidingLayers) * number(nearby)
    if let latent = s.latentAttention {
      let query = number(latent.nopeDimension + latent.ropeDimension)
      let value = number(latent.valueDimension)
      let rank = number(latent.keyValueRank)
      var projections = 2 * d * (rank + number(latent.ropeDimension))
      if let queryRank = latent.queryRank.map(number) {
        projections += 2 * d * queryRank + 2 * queryRank * h * query
      } else {
        projections += 2 * d * h * query
      }
      projections += 2 * rank * h * (number(latent.nopeDimension) + value)
      projections += 2 * h * value * d
      total += layers * t * projections + positions * 2 * h * (query + value)
    } else {
      let head = number(s.headDimension ?? s.hiddenSize / s.heads)
      let k = number(s.keyValueHeads)
      total += layers * t * (4 * d * h * head + 4 * d * k * head) + positions * 4 * h * head
    }

    // A gated layer has three matrices, a plain one two.
    let matrices = number(plainMLP.contains(s.modelType) ? 4 : 6)
    let dense = matrices * d * number(s.denseIntermediateSize ?? s.intermediateSize)
    if let experts = s.experts {
      let width = number(experts.intermediateSize)
      var sparse = 2 * d * number(experts.count) + matrices * d * width * number(experts.perToken)
      if let shared = experts.sharedIntermediateSize {
        sparse += matrices * d * number(shared)
      } else {
        sparse += matrices * d * width * number(experts.shared)
      }
      total += t * (number(experts.firstDenseLayers) * dense)
      total += t * (number(s.layers - experts.firstDenseLayers) * sparse)
    } else {
      total += layers * t * dense
    }
    return total
  }

  private static let plainMLP: Set<String> = [
    "gpt2", "gpt_neo", "gpt_neox", "gptj", "opt", "bloom", "falcon", "phi", "mpt", "starcoder2", "codegen",
    "gpt_bigcode",
  ]
}
