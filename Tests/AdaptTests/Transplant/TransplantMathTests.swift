import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// The formulas and solvers, on planted truths and against slow definitions.
@Suite struct TransplantMathTests {
  static func options(_ variant: TransplantOptions.Variant = .code) -> TransplantOptions {
    var options = TransplantOptions()
    options.variant = variant
    return options
  }

  /// α = (0.9, 0.3), λ = (0.75, 0.25), τ = 0.3: worked by hand from equations 1 and 2 of arXiv 2505.09738.
  @Test func tokenAdaptLocal() {
    func weights(_ variant: TransplantOptions.Variant) -> [Double] {
      TokenAdapt.Formula.local([0.9, 0.3], [0.75, 0.25], Self.options(variant))
    }
    #expect(near(weights(.code), [0.788984, 0.211016]))
    #expect(near(weights(.paper), [0.788991, 0.211009]))
    // The fork: ((0.9 + 0.75) / 2 − (0.3 + 0.25) / 2) / 0.30001 = 1.833272 = log(w / (1 − w)).
    let fork = weights(.fork)
    #expect(abs(log(fork[0] / fork[1]) - 0.55 / 0.30001) < 1e-9)
  }

  /// σ = (0.8, 0.7, 0.5), τ = 0.3; equations 3 and 4.
  @Test func tokenAdaptGlobal() {
    var options = Self.options()
    #expect(near(TokenAdapt.Formula.global([0.8, 0.7, 0.5], options), [0.479747, 0.343758, 0.176495]))
    options.threshold = 0.2
    let kept = TokenAdapt.Formula.global([0.8, 0.7, 0.5], options)
    #expect(near(kept, [0.479747 / 0.823505, 0.343758 / 0.823505, 0]))
    options.threshold = 0.6
    #expect(TokenAdapt.Formula.global([0.8, 0.7, 0.5], options) == [0, 0, 0])
    options.variant = .fork
    let gated = TokenAdapt.Formula.global([0.8, 0.7, 0.5], options)
    #expect(gated[2] == 0 && abs(gated[0] + gated[1] - 1) < 1e-12)
  }

  private func near(_ one: [Double], _ other: [Double]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  /// Against the definition: the point of the simplex nearest to a vector.
  @Test func sparsemaxIsTheProjection() {
    #expect(Sparsemax.project([0.5, 0.5]) == [0.5, 0.5] && Sparsemax.project([2, 0]) == [1, 0])
    var random = SplitMix64(seed: 1)
    for _ in 0..<200 {
      let values = (0..<1 + random.below(8)).map { _ in random.unitInterval() * 2 }
      let found = Sparsemax.project(values)
      // Bisection on the threshold.
      var (low, high) = (values.min()! - 1, values.max()!)
      for _ in 0..<200 {
        let middle = (low + high) / 2
        if values.reduce(0, { $0 + max(0, $1 - middle) }) > 1 { low = middle } else { high = middle }
      }
      #expect(zip(found, values).allSatisfy { abs($0 - max(0, $1 - low)) < 1e-9 })
    }
  }

  static func gaussian(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    return Matrix(
      rows: rows, columns: columns,
      values: (0..<rows * columns).map { _ in
        Float((-2 * log(1 - random.unitInterval())).squareRoot() * cos(2 * .pi * random.unitInterval()))
      })
  }

  static func unit(_ matrix: Matrix) -> Matrix {
    var out = matrix
    for row in 0..<matrix.rows {
      let length = matrix[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for index in row * matrix.columns..<(row + 1) * matrix.columns {
        out.values[index] = Float(Double(out.values[index]) / length)
      }
    }
    return out
  }

  @Test func neighborsAreThoseOfAllProducts() throws {
    let (queries, table) = (Self.gaussian(300, 7, seed: 2), Self.gaussian(5000, 7, seed: 3))
    let one = try NearestNeighbors.search(queries, in: table, count: 4, threads: 1)
    #expect(try NearestNeighbors.search(queries, in: table, count: 4, threads: 3) == one)
    for query in stride(from: 0, to: 300, by: 37) {
      let products = (0..<table.rows).map { row in
        zip(queries[query], table[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      let best = products.indices.sorted { (-products[$0], $0) < (-products[$1], $1) }.prefix(4)
      #expect(one[query].map(\.row) == Array(best))
    }
    // Equal rows: the first.
    let equal = Matrix(rows: 3, columns: 1, values: [1, 1, 1])
    #expect(try NearestNeighbors.search(equal, in: equal, count: 2, threads: 1)[2].map(\.row) == [0, 1])
  }

  /// 512 unit atoms in 256 dimensions, sums of five with weights ±[0.5, 1.5]: every support is found; with noise 40 dB
  /// below at least 99 %.
  @Test(arguments: [false, true])
  func plantedSumsAreFound(noisy: Bool) throws {
    let atoms = Self.unit(Self.gaussian(512, 256, seed: 4))
    var random = SplitMix64(seed: 5)
    var targets = Matrix(rows: 200, columns: 256)
    var supports: [Set<Int>] = []
    for row in 0..<200 {
      var support: Set<Int> = []
      while support.count < 5 { support.insert(random.below(512)) }
      for atom in support.sorted() {
        let weight = (random.below(2) == 0 ? 1 : -1) * (0.5 + random.unitInterval())
        for column in 0..<256 {
          targets.values[row * 256 + column] += Float(weight) * atoms.values[atom * 256 + column]
        }
      }
      supports.append(support)
    }
    if noisy {
      let noise = Self.gaussian(200, 256, seed: 6)
      for row in 0..<200 {
        func length(_ values: ArraySlice<Float>) -> Float {
          values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let scale = 0.01 * length(targets[row]) / length(noise[row])
        for column in 0..<256 {
          targets.values[row * 256 + column] += scale * noise.values[row * 256 + column]
        }
      }
    }
    let found = try Pursuit.solve(targets, atoms: atoms, sparsity: 5, threads: 2)
    #expect(try Pursuit.solve(targets, atoms: atoms, sparsity: 5, threads: 1) == found)
    let right = zip(found, supports).filter { Set($0.map(\.atom)) == $1 }.count
    #expect(noisy ? right >= 198 : right == 200)
    guard !noisy else { return }
    for (row, terms) in found.enumerated() {
      var rest = targets[row].map { Double($0) }
      for term in terms {
        for column in 0..<256 { rest[column] -= term.weight * Double(atoms.values[term.atom * 256 + column]) }
      }
      let whole = targets[row].reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect((rest.reduce(0) { $0 + $1 * $1 } / whole).squareRoot() <= 1e-5)
    }
    // Every atom twice, the copy a hair off: weights stay as they were.
    var doubled = Matrix(rows: 1024, columns: 256)
    doubled.values = atoms.values + atoms.values.map { $0 * (1 + 1e-6) }
    let again = try Pursuit.solve(targets, atoms: doubled, sparsity: 12, threads: 2)
    for (clean, twice) in zip(found, again) {
      let (one, other) = (clean.reduce(0) { $0 + abs($1.weight) }, twice.reduce(0) { $0 + abs($1.weight) })
      #expect(other.isFinite && other <= 2 * one)
    }
  }

  /// On atoms of unequal lengths, some of them equal, some zero, one no number, what is taken first is the first of the
  /// largest products in double precision, and threads change nothing.
  @Test(arguments: [3, 64, 97])
  func screensFindTheLargestProduct(columns: Int) throws {
    var atoms = Self.gaussian(2500, columns, seed: 9)
    for row in 0..<2500 {
      let scale: Float = row % 50 == 0 ? 0 : row % 7 == 0 ? 3 : 1 + Float(row % 11) / 10
      for column in 0..<columns { atoms.values[row * columns + column] *= scale }
    }
    for column in 0..<columns {
      atoms.values[2100 * columns + column] = atoms.values[35 * columns + column]
      atoms.values[1700 * columns + column] = .nan
    }
    let targets = Self.gaussian(150, columns, seed: 10)
    let sparsity = min(12, columns)
    let found = try Pursuit.solve(targets, atoms: atoms, sparsity: sparsity, threads: 2)
    #expect(try Pursuit.solve(targets, atoms: atoms, sparsity: sparsity, threads: 1) == found)
    for target in 0..<5 {
      let products = (0..<2500).map { row in
        zip(targets[target], atoms[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }.magnitude
      }
      var best = 0
      for row in 1..<2500 where products[row] > products[best] { best = row }
      #expect(found[target].first?.atom == best)
    }
    #expect(found.allSatisfy { $0.allSatisfy { $0.weight.isFinite && $0.atom != 1700 } })
  }

  /// Planted sums of unit atoms, and every atom twice, the copy a hair off: the ridge finds the weights within what it
  /// costs, and duplicates do not blow them up.
  @Test func auxiliaryPursuitIsGuarded() throws {
    let atoms = Self.unit(Self.gaussian(256, 128, seed: 14))
    let blas = try OpenBLAS.open()
    var random = SplitMix64(seed: 15)
    for _ in 0..<50 {
      var planted: [Int: Double] = [:]
      while planted.count < 3 { planted[random.below(256)] = 0.5 + random.unitInterval() }
      var target = Matrix(rows: 1, columns: 128)
      for (atom, weight) in planted.sorted(by: { $0.key < $1.key }) {
        for column in 0..<128 { target.values[column] += Float(weight) * atoms.values[atom * 128 + column] }
      }
      let found = try Pursuit.solve(target, atoms: atoms, sparsity: 3, threads: 1)[0].map(\.atom)
      #expect(Set(found) == Set(planted.keys))
      let weights = try AuxiliaryPursuit.weights(target[0], atoms, found, blas)
      for (atom, weight) in zip(found, weights) { #expect(abs(weight - planted[atom]!) < 5e-3) }
      // Both of each pair: together what one was.
      var doubled = Matrix(rows: 512, columns: 128)
      doubled.values = atoms.values + atoms.values.map { $0 * (1 + 1e-6) }
      let both = try AuxiliaryPursuit.weights(target[0], doubled, found + found.map { $0 + 256 }, blas)
      let (one, two) = (weights.reduce(0) { $0 + abs($1) }, both.reduce(0) { $0 + abs($1) })
      #expect(two.isFinite && two <= 1.01 * one)
    }
  }

  /// The same atoms and weights as a plain program with least squares in double precision.
  @Test func pursuitIsTheDefinition() throws {
    let (atoms, targets) = (Self.gaussian(300, 40, seed: 7), Self.gaussian(30, 40, seed: 8))
    var input: [UInt8] = []
    for number in atoms.values + targets.values { TensorType.f32.append(number, to: &input) }
    let output = try ReferenceLibrary.run("pursuit.py", ["300", "40", "12"], input: input)
    let found = try Pursuit.solve(targets, atoms: atoms, sparsity: 12, threads: 2)
    let lines = output.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 30)
    for (line, terms) in zip(lines, found) {
      let words = line.split(separator: UInt8(ascii: " ")).map {
        Double(String(decoding: $0, as: UTF8.self))!
      }
      #expect(words.count == 24 && terms.map { Double($0.atom) } == Array(words.prefix(12)))
      for (term, weight) in zip(terms, words.suffix(12)) {
        #expect(abs(term.weight - weight) < 1e-3 * (1 + abs(weight)))
      }
    }
  }
}
