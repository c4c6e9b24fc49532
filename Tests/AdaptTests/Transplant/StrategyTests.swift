import Adapt
import TestSupport
import Testing
import Tokenizers

/// Every strategy of the registry, and the planted truths of those with a donor.
@Suite struct StrategyTests {
  /// A model whose tokenizer lacks 60 tokens of a donor's; donor rows are the model's through a matrix.
  struct Setting {
    let folder: TemporaryFolder
    let request: TransplantPlan.Request
    let donorRows: [[Float]]

    /// - Parameter map: from donor columns to the model's, row after row.
    init(donorColumns: Int, map: (([Float]) -> [Float])? = nil) throws {
      folder = try TemporaryFolder()
      let definition = try SmallModel.definition()
      let rows = (0..<500).map { SmallModel.numbers(donorColumns, seed: UInt64($0) + 77) }
      try SmallModel.write(definition, to: folder["donor"], rows: rows)
      let small = try SmallModel.truncated(definition, dropping: 60)
      let whole = TokenTable(try Tokenizer(definition))
      let table = TokenTable(try Tokenizer(small))
      let own = try (0..<TokenID(table.count)).map { id -> [Float] in
        let donor = try #require(whole.match(id, of: table) ?? whole.special(table.texts[Int(id)]))
        return map?(rows[Int(donor)]) ?? SmallModel.numbers(SmallModel.columns, seed: UInt64(id) + 5)
      }
      try SmallModel.write(small, to: folder["m"], rows: own)
      donorRows = rows
      var request = TransplantPlan.Request()
      let donor = try ModelSource(folder["donor"])
      request.donor = TransplantDonor(donor, table: TokenTable(try donor.tokenizer()))
      request.auxiliary = try StaticVectors(folder["donor"])
      request.options.sparsity = 8
      self.request = request
    }

    func plan(_ method: String, threads: Int = 1) throws -> TransplantPlan {
      let source = try ModelSource(folder["m"])
      var request = request
      request.method = method
      request.options.threads = threads
      return try TransplantPlan(
        model: source, from: source.tokenizer(), to: TargetTokenizer(folder["donor"]).tokenizer, request)
    }
  }

  /// Recipes are finite, name sources that exist, and are the same for any number of threads.
  @Test(arguments: TransplantStrategies.all.map { $0.descriptor.name })
  func conforms(method: String) throws {
    let setting = try Setting(donorColumns: 16)
    let (one, other) = (try setting.plan(method), try setting.plan(method, threads: 3))
    #expect(one.input == other.input)
    let made = one.input.filter { $0.tier == .strategy }
    #expect(!made.isEmpty)
    for recipe in made {
      #expect(!recipe.method.isEmpty && recipe.rows.allSatisfy { $0.weight.isFinite && $0.id < 440 })
      #expect(recipe.row(of: one.model.input).allSatisfy { $0.isFinite })
    }
    #expect(try TransplantStrategies.named(method).descriptor.name == method)
  }

  @Test func namesAreUnique() throws {
    let names = TransplantStrategies.all.flatMap { [$0.descriptor.name] + $0.descriptor.aliases }
    #expect(Set(names).count == names.count)
    #expect(throws: ToklabError.self) { try TransplantStrategies.named("none") }
    var request = TransplantPlan.Request()
    request.method = "omp"
    let folder = try TemporaryFolder()
    try SmallModel.write(SmallModel.truncated(SmallModel.definition(), dropping: 9), to: folder["m"])
    let source = try ModelSource(folder["m"])
    for (method, part) in [("omp", "--donor"), ("tokenadapt", "--auxiliary")] {
      request.method = method
      let error = #expect(throws: ToklabError.self) {
        try TransplantPlan(
          model: source, from: source.tokenizer(), to: Tokenizer(SmallModel.definition()), request)
      }
      #expect(error?.description.contains(part) == true)
    }
  }

  /// The model's rows are the donor's through a planted matrix: new rows are too.
  @Test(arguments: ["linear", "omp", "procrustes"])
  func plantedMaps(method: String) throws {
    let (from, to) = (12, 20)
    var matrix = TransplantMathTests.gaussian(from, to, seed: 21)
    if method == "procrustes" { matrix = Self.orthonormalRows(matrix) }
    func map(_ row: [Float]) -> [Float] {
      (0..<to).map { column in
        Float((0..<from).reduce(0.0) { $0 + Double(row[$1]) * Double(matrix.values[$1 * to + column]) })
      }
    }
    let setting = try Setting(donorColumns: from, map: map)
    var other = setting.request
    other.options.sparsity = 12
    let plan = try {
      let source = try ModelSource(setting.folder["m"])
      other.method = method
      return try TransplantPlan(
        model: source, from: source.tokenizer(), to: TargetTokenizer(setting.folder["donor"]).tokenizer, other
      )
    }()
    var worst = 0.0
    for (id, recipe) in plan.input.enumerated() where recipe.tier == .strategy {
      let (found, wanted) = (recipe.row(of: plan.model.input), map(setting.donorRows[id]))
      let error = zip(found, wanted).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
      worst = max(worst, (error / wanted.reduce(0.0) { $0 + Double($1 * $1) }).squareRoot())
    }
    #expect(worst <= (method == "procrustes" ? 1e-5 : 1e-4))
  }

  /// Gram and Schmidt.
  static func orthonormalRows(_ matrix: Matrix) -> Matrix {
    var rows: [[Double]] = []
    for row in 0..<matrix.rows {
      var next = matrix[row].map { Double($0) }
      for _ in 0..<2 {
        for other in rows {
          let product = zip(next, other).reduce(0) { $0 + $1.0 * $1.1 }
          for index in next.indices { next[index] -= product * other[index] }
        }
      }
      let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
      rows.append(next.map { $0 / length })
    }
    return Matrix(rows: matrix.rows, columns: matrix.columns, values: rows.flatMap { $0.map { Float($0) } })
  }

  /// Pieces are the text, byte for byte, hidden tokens and partial characters included.
  @Test func piecesSpellTheText() throws {
    let table = TokenTable(try Tokenizer(SmallModel.definition()))
    var random = SplitMix64(seed: 31)
    for _ in 0..<300 {
      var hidden: Set<TokenID> = []
      for _ in 0..<random.below(200) {
        let id = TokenID(random.below(500))
        if table.kinds[Int(id)] == .text, table.texts[Int(id)].count > 1 { hidden.insert(id) }
      }
      let pieces = TokenPieces(table, hiding: hidden)
      let text = (0..<1 + random.below(6)).flatMap { _ in table.texts[1 + random.below(499)] }
      let cut = Array(text.prefix(1 + random.below(text.count)))
      let found = try #require(try pieces.pieces(of: cut))
      #expect(found.flatMap { table.texts[Int($0)] } == cut)
      #expect(hidden.isDisjoint(with: found))
    }
  }

  /// Families with other conventions match by the bytes of text.
  @Test func familiesMatchByText() throws {
    var pieces = VocabularyBuilder()
    for (id, text) in ["<unk>", "<s>", "</s>", "<0x41>", "\u{2581}the", "the", "A"].enumerated() {
      pieces.append(id: TokenID(id), Array(text.utf8))
    }
    let sentence = TokenTable(
      try Tokenizer(
        TokenizerDefinition(
          preTokenizer: .metaspace(replacement: "\u{2581}", prependScheme: .always, split: false),
          model: .bytePair(
            BytePairDefinition(
              vocabulary: pieces.build(), semantics: .mergeList, alphabet: .characters, unknownToken: "<unk>",
              byteFallback: true)),
          addedTokens: ["<unk>", "<s>", "</s>"].enumerated().map {
            AddedToken(id: TokenID($0), content: Array($1.utf8))
          })))
    var words = VocabularyBuilder()
    for (id, text) in ["[UNK]", "the", "##the", "A"].enumerated() {
      words.append(id: TokenID(id), Array(text.utf8))
    }
    let wordPiece = TokenTable(
      try Tokenizer(
        TokenizerDefinition(
          model: .wordPiece(
            WordPieceDefinition(
              vocabulary: words.build(), unknownToken: "[UNK]", continuingSubwordPrefix: "##")),
          addedTokens: [AddedToken(id: 0, content: Array("[UNK]".utf8))])))
    #expect(sentence.texts[4] == Array(" the".utf8) && sentence.texts[3] == [0x41])
    #expect(wordPiece.match(4, of: sentence) == 1 && wordPiece.match(5, of: sentence) == 2)
    #expect(sentence.match(1, of: wordPiece) == 4 && sentence.match(2, of: wordPiece) == 5)
    // A byte of fallback is itself, and so is the letter.
    #expect(sentence.match(3, of: sentence) == 3 && sentence.match(6, of: sentence) == 6)
    let (one, other) = (SpecialRoles(sentence, named: [:]), SpecialRoles(wordPiece, named: [:]))
    #expect(one[.bos] == 1 && one[.eos] == 2 && one[.unk] == 0 && other[.unk] == 0)
  }
}
