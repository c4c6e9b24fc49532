import Tokenizers

/// What moving a model to another tokenizer comes to, before anything is written: a recipe for every new row.
public struct TransplantPlan: Sendable {
  public let model: ModelSource
  public let old: TokenTable
  public let new: TokenTable
  public let oldRoles: SpecialRoles
  public let newRoles: SpecialRoles
  /// One recipe a row of the new input matrix; rows beyond the tokens are padding.
  public internal(set) var input: [TokenRecipe]
  /// Those of an output matrix of its own; nil when it has none.
  public internal(set) var output: [TokenRecipe]?
  /// What a person should know.
  public internal(set) var warnings: [String]
  public var rows: Int { input.count }

  /// What to move and how.
  public struct Request: Sendable {
    public var method = LadderStrategy.descriptor.name
    public var options = TransplantOptions()
    /// New tokens and the old tokens whose rows are averaged for them.
    public var map: [TokenID: [TokenID]] = [:]
    /// The number of rows is a multiple of this.
    public var padToMultiple = 1
    public var donor: TransplantDonor?
    public var auxiliary: (any AuxiliaryVectors)?
    /// Roles of the new tokens, as their files name them.
    public var newRoles: [SpecialRole: TokenID] = [:]

    public init() {}
  }

  /// Decides every row.
  ///
  /// Order: what the user maps; special tokens written alike, then those of the same role (or of one that stands in
  /// for it); tokens of text by their bytes; then the strategy. What is left, and padding, becomes a copy of a
  /// reserved row, which no text makes likely.
  ///
  /// - Throws: ``ToklabError`` for a tokenizer with more ids than the model has rows, or what the strategy lacks.
  public init(
    model: ModelSource, from oldTokenizer: Tokenizer, to newTokenizer: Tokenizer, _ request: Request
  ) throws(ToklabError) {
    let (old, new) = (TokenTable(oldTokenizer), TokenTable(newTokenizer))
    try Self.check(model, old, new)
    self.model = model
    self.old = old
    self.new = new
    oldRoles = SpecialRoles(old, named: model.namedRoles)
    newRoles = SpecialRoles(new, named: request.newRoles)
    let context = TransplantContext(
      old: old, new: new, rows: model.rows, donor: request.donor, auxiliary: request.auxiliary)
    var recipes = [TokenRecipe?](repeating: nil, count: new.count)
    for (id, sources) in request.map.sorted(by: { $0.key < $1.key }) {
      guard Int(id) < new.count, !sources.isEmpty, sources.allSatisfy({ Int($0) < model.rows }) else {
        throw ToklabError("a map from token \(id) to \(sources)", expected: "new ids and old ids that exist")
      }
      recipes[Int(id)] = .mean(sources, method: "")
      recipes[Int(id)]!.tier = .map
    }
    let reserved = ReservedRow.find(model, old, oldRoles)
    var targets: [TokenID] = []
    for id in 0..<TokenID(new.count) where recipes[Int(id)] == nil {
      switch new.kinds[Int(id)] {
      case .text:
        if let match = context.shared[Int(id)] {
          recipes[Int(id)] = .copy(match, .bytes)
        } else {
          targets.append(id)
        }
      case .special:
        if let match = Self.oldSpecial(for: id, old, new, oldRoles, newRoles) {
          recipes[Int(id)] = .copy(match, .role)
        }
      case .hole: recipes[Int(id)] = .copy(reserved, .padding)
      }
    }
    let isIdentity =
      new.count == old.count && recipes.indices.allSatisfy { recipes[$0]?.copied == TokenID($0) }
    let multiple = max(1, request.padToMultiple)
    let rows = isIdentity ? model.rows : (new.count + multiple - 1) / multiple * multiple
    var input: [TokenRecipe] = []
    var output: [TokenRecipe]?
    let strategy = try TransplantStrategies.named(request.method).init(request.options)
    func complete(_ context: TransplantContext, _ table: EmbeddingTable) throws(ToklabError) -> [TokenRecipe]
    {
      var all = recipes
      if !targets.isEmpty {
        let answers = try strategy.recipes(for: targets, in: context, rows: table)
        for (id, answer) in zip(targets, answers) { all[Int(id)] = answer }
      }
      return (0..<rows).map { row in
        if row < all.count { return all[row] ?? .copy(reserved, .reserved) }
        // Padding that was there stays where it was.
        return row >= old.count && row < model.rows
          ? .copy(TokenID(row), .padding) : .copy(reserved, .padding)
      }
    }
    input = try complete(context, model.input)
    if let table = model.output {
      var context = context
      context.isOutput = true
      output = try complete(context, table)
    }
    self.input = input
    self.output = output
    warnings = []
    warnings = warningsFound()
  }

  /// A plan that changes some rows of a model and nothing else.
  init(
    changing rows: [TokenID: (input: TokenRecipe, output: TokenRecipe)], of model: ModelSource,
    _ table: TokenTable
  ) {
    self.model = model
    old = table
    new = table
    oldRoles = SpecialRoles(table, named: model.namedRoles)
    newRoles = oldRoles
    input = (0..<model.rows).map { rows[TokenID($0)]?.input ?? .copy(TokenID($0), .bytes) }
    output =
      model.output == nil
      ? nil : (0..<model.rows).map { rows[TokenID($0)]?.output ?? .copy(TokenID($0), .bytes) }
    warnings = []
  }

  static func check(_ model: ModelSource, _ old: TokenTable, _ new: TokenTable) throws(ToklabError) {
    guard old.count <= model.rows else {
      throw ToklabError(
        file: model.path, "a tokenizer with ids up to \(old.count - 1) and a matrix of \(model.rows) rows",
        expected: "a row for each id", advice: "name the model's own tokenizer with --from")
    }
    guard new.count > 0 else { throw ToklabError("a tokenizer without tokens", expected: "one with tokens") }
  }

  /// The old special token whose row a new one takes: of the same spelling, or of the same role.
  static func oldSpecial(
    for id: TokenID, _ old: TokenTable, _ new: TokenTable, _ oldRoles: SpecialRoles, _ newRoles: SpecialRoles
  ) -> TokenID? {
    if let same = old.special(new.texts[Int(id)]) {
      // Two ids may be written alike; an id of its own comes first.
      if Int(id) < old.count, old.kinds[Int(id)] == .special, old.texts[Int(id)] == new.texts[Int(id)] {
        return id
      }
      return same
    }
    return newRoles.role(of: id).flatMap { oldRoles.id(for: $0) }
  }

  /// The new id that takes over what an old id of a configuration was for, or nil.
  func newID(of id: TokenID) -> TokenID? {
    guard Int(id) < old.count else { return Int(id) < rows ? id : nil }
    switch old.kinds[Int(id)] {
    case .special:
      let text = old.texts[Int(id)]
      if let same = new.special(text) {
        return Int(id) < new.count && new.kinds[Int(id)] == .special && new.texts[Int(id)] == text ? id : same
      }
    case .text: if let match = new.match(id, of: old) { return match }
    case .hole: return nil
    }
    return oldRoles.role(of: id).flatMap { newRoles.id(for: $0) }
  }

  /// The number of recipes of each tier.
  public var tiers: [(tier: TokenRecipe.Tier, count: Int)] {
    TokenRecipe.Tier.allCases.map { tier in (tier, input.filter { $0.tier == tier }.count) }
  }

  /// The type that a GGUF matrix is written in because new rows cannot be made in its own: F16, since no quantized type
  /// holds the numbers of another; nil where the type stays.
  func rewritten(_ role: ModelSource.Role) -> BlockType? {
    let table = role == .output ? model.output ?? model.input : model.input
    let recipes = role == .output ? output ?? input : input
    guard case .blocks(let type) = table.format, !type.canEncode,
      recipes.contains(where: { $0.copied == nil })
    else { return nil }
    return .f16
  }

  private func warningsFound() -> [String] {
    var found: [String] = []
    if let (one, other) = DigitGrouping.difference(old, new) {
      found.append(
        "digits are grouped otherwise (up to \(one) in a token, now \(other)): arithmetic suffers most from that"
      )
    }
    let heavy = input.filter { $0.tier == .strategy && $0.l1 > 50 }.count
    if heavy > 0 {
      found.append(
        "\(heavy) rows are sums with weights of more than 50 in all: a sign of near-duplicate or planted rows"
      )
    }
    for role in [ModelSource.Role.input, .output] where role == .input || output != nil {
      guard let type = rewritten(role) else { continue }
      let table = role == .input ? model.input : model.output!
      found.append(
        "\(table.name) is \(table.format.name), in which no rows are made: all of them are written as \(type.name)"
      )
    }
    let reserved = input.filter { $0.tier == .reserved }.count
    if reserved > 0 { found.append("\(reserved) tokens have no better row than a reserved token's") }
    return found
  }
}

/// How many digits a tokenizer puts into one token.
enum DigitGrouping {
  static func longest(_ table: TokenTable) -> Int {
    table.texts.indices.filter { table.kinds[$0] == .text }.map { id in
      let text = table.texts[id].first == 0x20 ? table.texts[id].dropFirst() : table.texts[id][...]
      return text.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? min(text.count, 4) : 0
    }.max() ?? 0
  }

  /// The longest runs of the two, 4 for more, where they differ.
  static func difference(_ old: TokenTable, _ new: TokenTable) -> (Int, Int)? {
    let (one, other) = (longest(old), longest(new))
    return one == other ? nil : (one, other)
  }
}

/// The row for ids that no text should make likely.
///
/// A row beyond the tokens, where the model has one; else a special token without a role: those that name themselves
/// reserved or unused first, then the last one. A copy of such a row gets next to no probability, where random rows
/// take much (Reports/transplant.md).
enum ReservedRow {
  static func find(_ model: ModelSource, _ table: TokenTable, _ roles: SpecialRoles) -> TokenID {
    if model.rows > table.count { return TokenID(table.count) }
    let special = (0..<TokenID(table.count)).filter {
      table.kinds[Int($0)] == .special && roles.role(of: $0) == nil
    }
    let names = ["reserved", "unused", "placeholder", "extra_id", "special_", "dummy"]
    let named = special.first { id in
      let text = String(decoding: table.texts[Int(id)], as: UTF8.self).lowercased()
      return names.contains { text.contains($0) }
    }
    if let named { return named }
    if let hole = (0..<TokenID(table.count)).first(where: { table.kinds[Int($0)] == .hole }) { return hole }
    return special.last ?? roles[.mask] ?? roles[.unk] ?? roles[.pad] ?? roles[.eos] ?? 0
  }
}
