import Tokenizers

/// The default: for each token the first rule that has an answer, from the best measured to the last resort.
///
/// Matching pursuit where a donor has the token, then rows composed from parts and twins; where the vocabulary is too
/// small to learn that from, twins, and pieces by their bytes. Reports/transplant.md has the measurements behind the order.
public struct LadderStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "auto", aliases: ["ladder"],
    summary: "omp-centred with a donor, else composed, else twin",
    source: "toklab")
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    var rules: [any TransplantStrategy] = []
    if context.donor != nil { rules.append(CentredMatchingPursuit(options)) }
    rules += [ComposedRows(options), TwinStrategy(options)]
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for rule in rules {
      let open = targets.indices.filter { result[$0] == nil }
      guard !open.isEmpty else { break }
      let answers = try rule.recipes(for: open.map { targets[$0] }, in: context, rows: rows)
      for (place, answer) in zip(open, answers) { result[place] = answer }
    }
    return result
  }
}
