import Glibc
import Tokenizers

/// The hidden-token test: some of a model's own tokens are treated as if it had never had them, their rows are made
/// anew by a method, and texts are scored with the model's own tokenization. What the score loses is the method's.
public enum HiddenTokens {
  /// Draws tokens to hide: a share of the merged types that occur in a text, and others.
  ///
  /// - Parameters:
  ///   - ids: the tokens of the texts.
  ///   - extra: how many more, from all merged tokens.
  ///   - withoutTwins: only tokens that have no twin (``TwinStrategy``).
  /// - Returns: ids, ascending.
  public static func draw(
    _ table: TokenTable, occurring ids: [TokenID], share: Double, extra: Int, seed: UInt64,
    withoutTwins: Bool = false
  ) throws(ToklabError) -> [TokenID] {
    guard case .bytePair(let model) = table.tokenizer.definition.model else {
      throw ToklabError("a tokenizer without merges", expected: "byte-pair encoding")
    }
    let pairs = MakingPairs(
      model, kept: Set((0..<TokenID(table.count)).filter { model.vocabulary.contains($0) }))
    let twins = TwinIndex(TransplantContext(old: table, new: table, rows: table.count))
    let candidates = (0..<TokenID(table.count)).filter { id in
      table.kinds[Int(id)] == .text && pairs.pair(of: id) != nil
        && (!withoutTwins || twins.twins(of: table.texts[Int(id)]).isEmpty)
    }
    let here = Set(ids)
    var random = SplitMix64(seed: seed)
    var occurring = candidates.filter { here.contains($0) }
    random.permute(&occurring)
    var hidden = Set(occurring.prefix(Int(Double(occurring.count) * share)))
    var rest = candidates.filter { !hidden.contains($0) }
    random.permute(&rest)
    hidden.formUnion(rest.prefix(extra))
    return hidden.sorted()
  }

  /// Writes the model with new rows for the hidden tokens into an existing folder.
  ///
  /// - Returns: the path of the model file, or the folder for a folder.
  public static func write(
    _ model: ModelSource, tokenizer: Tokenizer, hiding hidden: [TokenID], method: String,
    options: TransplantOptions, donor: TransplantDonor? = nil, auxiliary: (any AuxiliaryVectors)? = nil,
    to folder: String
  ) throws(ToklabError) -> String {
    let table = TokenTable(tokenizer)
    try TransplantPlan.check(model, table, table)
    if let bad = hidden.first(where: { Int($0) >= table.count || table.kinds[Int($0)] != .text }) {
      throw ToklabError("the hidden token \(bad)", expected: "ids of tokens of text")
    }
    var context = TransplantContext(
      old: table, new: table, rows: model.rows, hidden: Set(hidden), donor: donor, auxiliary: auxiliary)
    let targets = Set(hidden).sorted()
    let strategy = try TransplantStrategies.named(method).init(options)
    let reserved = ReservedRow.find(model, table, SpecialRoles(table, named: model.namedRoles))
    func complete(_ recipes: [TokenRecipe?]) -> [TokenRecipe] {
      recipes.map { $0 ?? .copy(reserved, .reserved) }
    }
    let input = complete(try strategy.recipes(for: targets, in: context, rows: model.input))
    var output = input
    if let table = model.output {
      context.isOutput = true
      output = complete(try strategy.recipes(for: targets, in: context, rows: table))
    }
    var changed: [TokenID: (input: TokenRecipe, output: TokenRecipe)] = [:]
    for (index, id) in targets.enumerated() { changed[id] = (input[index], output[index]) }
    let names = try TransplantWriter(changedRows: TransplantPlan(changing: changed, of: model, table)).write(
      to: folder)
    if case .gguf = model.container { return folder + "/" + names[0] }
    return folder
  }
}

/// How well a model tells a text: bits a byte, so that tokenizers can be compared.
public struct TextScore: Sendable, Equatable {
  public var bytes = 0
  public var tokens = 0
  /// Natural logarithms, summed.
  public var logProbability = 0.0
  /// Mean and largest probability, over the positions, of ids without a token.
  public var paddingMass = 0.0
  public var largestPaddingMass = 0.0

  public init() {}

  public var bitsPerByte: Double { bytes == 0 ? 0 : -logProbability / 0.6931471805599453 / Double(bytes) }

  /// Scores a text in windows: each begins with the begin token and knows nothing of the one before.
  ///
  /// - Parameters:
  ///   - begin: the token before a window.
  ///   - window: the tokens of a window, the begin token included.
  ///   - padding: ids whose probability is summed.
  public mutating func add(
    _ text: [UInt8], tokens ids: [TokenID], model: any LanguageModel, begin: TokenID, window: Int = 512,
    padding: [TokenID] = []
  ) throws(ToklabError) {
    precondition(window > 1)
    bytes += text.count
    for start in stride(from: 0, to: ids.count, by: window - 1) {
      let part = Array(ids[start..<min(ids.count, start + window - 1)])
      let whole = [begin] + part
      // Rows are as wide as the vocabulary: some at a time.
      for block in stride(from: 0, to: part.count, by: 32) {
        let ends = block..<min(part.count, block + 32)
        let rows = try model.logProbabilities(after: ends.map { Array(whole[...$0]) })
        for (row, place) in zip(rows, ends) {
          guard Int(part[place]) < row.count else {
            throw ToklabError(
              "token \(part[place]) where the model has \(row.count) scores",
              expected: "a model of the tokenizer")
          }
          logProbability += row[Int(part[place])]
          var mass = 0.0
          for id in padding where Int(id) < row.count { mass += exp(row[Int(id)]) }
          paddingMass = (paddingMass * Double(tokens) + mass) / Double(tokens + 1)
          largestPaddingMass = max(largestPaddingMass, mass)
          tokens += 1
        }
      }
    }
  }
}
