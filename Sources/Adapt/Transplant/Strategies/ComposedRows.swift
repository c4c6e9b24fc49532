import Tokenizers

/// Rows composed as the model's own rows are from those of their parts: a linear map learned from the old vocabulary
/// itself, without a donor and without training.
///
/// Every old token of text that others make up is an example. Its parts come from un-merging it, deeper at random
/// (with probability 0.2 a part), as another tokenizer would cut it. What the map sees are three rows: the mean of the
/// parts by their bytes, the first part and the last; and for tokens with a twin (``TwinStrategy``) the mean of the
/// twins, by a map of its own. Ridge regression (0.01 of the mean squared length on the diagonal) then gives the row
/// of a new token; an example counts 1 / (1000 + its id), since vocabularies are ordered by frequency and the rows of
/// rare tokens, which are most, are made otherwise. Regression draws rows together, and an output matrix of short rows
/// hardly ever says the new tokens: the distance from the mean row is stretched by 1.2. Reports/transplant.md tells
/// how the parts and numbers were chosen, and what was tried beside them. Rows are given as numbers: they have no
/// sources of their own.
public struct ComposedRows: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "composed", summary: "a map from the rows of parts and twins to rows, learned from the old vocabulary",
    source: "toklab")
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  static let ridge = 0.01
  static let depth = 0.2
  static let stretch = 1.2
  static let rankOffset = 1000.0
  /// Fewer examples teach nothing; the rule then has no answer.
  static let leastExamples = 64

  /// A token and what it is composed of.
  struct Example: Sendable {
    var id: TokenID
    var parts: [TokenID]
    var twins: [TokenID]
  }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let twins = TwinIndex(context)
    let examples = try self.examples(context, twins)
    var queries: [Example] = []
    var places: [Int] = []
    for (place, id) in targets.enumerated() {
      guard let parts = try context.pieces(ofNew: id) else { continue }
      queries.append(Example(id: id, parts: parts, twins: twins.twins(of: context.new.texts[Int(id)])))
      places.append(place)
    }
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    guard examples.count >= Self.leastExamples, !queries.isEmpty else { return result }
    let all = rows.matrix(Array(0..<rows.rows))
    let mean = SimpleRows.all(context, rows).meanRow()
    let lengths = context.old.texts.map { Double($0.count) }
    func answer(_ withTwins: Bool, _ chosen: [Int]) throws(ToklabError) {
      let known = withTwins ? examples.filter { !$0.twins.isEmpty } : examples
      guard !chosen.isEmpty, known.count >= Self.leastExamples else { return }
      let features = Features(all, lengths, withTwins: withTwins)
      let map = try RidgeMap(features, known, ridge: Self.ridge, threads: options.threads)
      for (index, row) in zip(chosen, map.rows(features, chosen.map { queries[$0] })) {
        let stretched = zip(mean, row).map { Float(Double($0) + Self.stretch * ($1 - Double($0))) }
        result[places[index]] = .vector(stretched, method: Self.descriptor.name)
      }
    }
    try answer(false, queries.indices.filter { queries[$0].twins.isEmpty })
    try answer(true, queries.indices.filter { !queries[$0].twins.isEmpty })
    // Too few twins to learn from: the parts alone.
    try answer(false, queries.indices.filter { result[places[$0]] == nil })
    return result
  }

  private func examples(_ context: TransplantContext, _ twins: TwinIndex) throws(ToklabError) -> [Example] {
    let parts = TokenParts(context)
    var examples: [Example] = []
    for id in context.sources {
      var random = SplitMix64(seed: options.seed, stream: UInt64(id))
      guard let found = parts.parts(of: id, depth: Self.depth, &random) else { continue }
      examples.append(
        Example(id: id, parts: found, twins: twins.twins(of: context.old.texts[Int(id)])))
    }
    return examples
  }
}

/// What old tokens are made of: the two tokens of their merge, or the fewest others whose texts they are.
struct TokenParts {
  private let context: TransplantContext
  private let pairs: MakingPairs?

  init(_ context: TransplantContext) {
    self.context = context
    if case .bytePair(let model) = context.old.tokenizer.definition.model, model.merges.count > 0 {
      pairs = MakingPairs(
        model, kept: Set((0..<TokenID(context.old.count)).filter { model.vocabulary.contains($0) }))
    } else {
      pairs = nil
    }
  }

  /// Two or more sources, or nil; parts are cut further with probability `depth`, those that are no sources always.
  func parts(of id: TokenID, depth: Double, _ random: inout SplitMix64) -> [TokenID]? {
    var out: [TokenID] = []
    return cut(id, depth: depth, &random, into: &out) ? out : nil
  }

  private func cut(_ id: TokenID, depth: Double, _ random: inout SplitMix64, into out: inout [TokenID])
    -> Bool
  {
    guard let pair = pair(of: id) else { return false }
    for part in [pair.0, pair.1] {
      let before = out.count
      let cutsFurther = random.unitInterval() < depth || !context.isSource(part)
      if cutsFurther, cut(part, depth: depth, &random, into: &out) { continue }
      out.removeLast(out.count - before)
      guard context.isSource(part) else { return false }
      out.append(part)
    }
    return true
  }

  private func pair(of id: TokenID) -> (TokenID, TokenID)? {
    if let pairs { return pairs.pair(of: id) }
    // Without merges: the longest beginning whose rest is a token too.
    let text = context.old.texts[Int(id)]
    for end in (1..<max(1, text.count)).reversed() {
      if let left = context.old.ids(ofText: Array(text[..<end])).first,
        let right = context.old.ids(ofText: Array(text[end...])).first
      {
        return (left, right)
      }
    }
    return nil
  }
}

/// The numbers that a row is predicted from.
private struct Features: Sendable {
  /// All rows of the matrix.
  let rows: Matrix
  let lengths: [Double]
  let withTwins: Bool
  var count: Int { rows.columns * (withTwins ? 4 : 3) }

  init(_ rows: Matrix, _ lengths: [Double], withTwins: Bool) {
    self.rows = rows
    self.lengths = lengths
    self.withTwins = withTwins
  }

  /// Writes an example's numbers, ``count`` of them.
  ///
  /// Unsafe: every example of a vocabulary comes by here; with checked arrays this took longer than the products.
  func write(_ example: ComposedRows.Example, to out: UnsafeMutablePointer<Float>) {
    let width = rows.columns
    out.update(repeating: 0, count: count)
    rows.values.withUnsafeBufferPointer { values in
      func add(_ id: TokenID, _ weight: Double, _ slot: Int) {
        let (row, target) = (values.baseAddress! + Int(id) * width, out + slot * width)
        let factor = Float(weight)
        for column in 0..<width { target[column] += factor * row[column] }
      }
      let total = example.parts.reduce(0) { $0 + lengths[Int($1)] }
      for part in example.parts { add(part, lengths[Int(part)] / total, 0) }
      add(example.parts.first!, 1, 1)
      add(example.parts.last!, 1, 2)
      if withTwins { for twin in example.twins { add(twin, 1 / Double(example.twins.count), 3) } }
    }
  }
}

/// Weighted ridge regression from features to rows, both less their means.
///
/// Examples are read in blocks; four groups of blocks are summed apart and then together, in the same order for any
/// number of threads. Products are in single precision, sums of blocks in double.
private struct RidgeMap {
  private let featureMean: [Double]
  private let rowMean: [Double]
  private let map: [Double]
  private let blas: OpenBLAS

  private static let block = 512
  private static let groups = 4

  /// Sums over the examples of a group.
  private struct Sums: Sendable {
    var square: [Double]
    var cross: [Double]
    var features: [Double]
    var rows: [Double]
    var weight = 0.0

    init(_ wide: Int, _ width: Int) {
      square = [Double](repeating: 0, count: wide * wide)
      cross = [Double](repeating: 0, count: wide * width)
      features = [Double](repeating: 0, count: wide)
      rows = [Double](repeating: 0, count: width)
    }

    mutating func add(_ other: Sums) {
      Self.add(other.square, to: &square)
      Self.add(other.cross, to: &cross)
      Self.add(other.features, to: &features)
      Self.add(other.rows, to: &rows)
      weight += other.weight
    }

    static func add(_ values: [some BinaryFloatingPoint], to sums: inout [Double]) {
      for index in sums.indices { sums[index] += Double(values[index]) }
    }
  }

  init(
    _ features: Features, _ examples: [ComposedRows.Example], ridge: Double, threads: Int
  ) throws(ToklabError) {
    blas = try OpenBLAS.open()
    let blas = blas
    let (wide, width) = (features.count, features.rows.columns)
    var groups = [Sums?](repeating: nil, count: Self.groups)
    groups.withUnsafeMutableBufferPointer { buffer in
      let memory = SharedMemory(base: buffer.baseAddress!)
      Blocks.forEach(Self.groups, size: 1, threads: threads) { group in
        memory.base[group.lowerBound] = Self.sums(features, examples, group.lowerBound, blas)
      }
    }
    var sums = groups[0]!
    for group in groups.dropFirst() { sums.add(group!) }
    let weight = sums.weight
    let featureMean = sums.features.map { $0 / weight }
    let rowMean = sums.rows.map { $0 / weight }
    // Sums of products of differences from the means.
    var trace = 0.0
    for row in 0..<wide {
      for column in 0..<wide {
        sums.square[row * wide + column] -= weight * featureMean[row] * featureMean[column]
      }
      for column in 0..<width {
        sums.cross[row * width + column] -= weight * featureMean[row] * rowMean[column]
      }
      trace += sums.square[row * wide + row]
    }
    let addend = max(ridge * trace / Double(wide), Double.leastNormalMagnitude)
    for row in 0..<wide { sums.square[row * wide + row] += addend }
    map = try blas.solvePositive(sums.square, size: wide, sums.cross, columns: width)
    self.featureMean = featureMean
    self.rowMean = rowMean
  }

  private static func sums(
    _ features: Features, _ examples: [ComposedRows.Example], _ group: Int, _ blas: OpenBLAS
  ) -> Sums {
    let (wide, width) = (features.count, features.rows.columns)
    var sums = Sums(wide, width)
    var x = [Float](repeating: 0, count: block * wide)
    var y = [Float](repeating: 0, count: block * width)
    var square = [Float](repeating: 0, count: wide * wide)
    var cross = [Float](repeating: 0, count: wide * width)
    for start in stride(from: group * block, to: examples.count, by: groups * block) {
      let count = min(block, examples.count - start)
      for index in 0..<count {
        let example = examples[start + index]
        let weight = 1 / (ComposedRows.rankOffset + Double(example.id))
        x.withUnsafeMutableBufferPointer { features.write(example, to: $0.baseAddress! + index * wide) }
        // Both sides of a product get the root of the weight.
        let root = Float(weight.squareRoot())
        for column in 0..<wide {
          sums.features[column] += weight * Double(x[index * wide + column])
          x[index * wide + column] *= root
        }
        for column in 0..<width {
          let value = features.rows.values[Int(example.id) * width + column]
          sums.rows[column] += weight * Double(value)
          y[index * width + column] = value * root
        }
        sums.weight += weight
      }
      blas.crossProduct(x, columns: wide, x, width: wide, rows: count, into: &square)
      blas.crossProduct(x, columns: wide, y, width: width, rows: count, into: &cross)
      Sums.add(square, to: &sums.square)
      Sums.add(cross, to: &sums.cross)
    }
    return sums
  }

  func rows(_ features: Features, _ queries: [ComposedRows.Example]) -> [[Double]] {
    var result: [[Double]] = []
    let (wide, width) = (featureMean.count, rowMean.count)
    var numbers = [Float](repeating: 0, count: wide)
    for start in stride(from: 0, to: queries.count, by: Self.block) {
      let block = queries[start..<min(queries.count, start + Self.block)]
      var x: [Double] = []
      for query in block {
        numbers.withUnsafeMutableBufferPointer { features.write(query, to: $0.baseAddress!) }
        for index in 0..<wide { x.append(Double(numbers[index]) - featureMean[index]) }
      }
      var out = [Double](repeating: 0, count: block.count * width)
      blas.product(x, transposed: false, map, rows: block.count, columns: width, inner: wide, into: &out)
      for index in 0..<block.count {
        result.append(zip(rowMean, out[index * width..<(index + 1) * width]).map { $0 + $1 })
      }
    }
    return result
  }
}
