import Tokenizers

/// Orthogonal matching pursuit: a donor's row of a new token as a sparse sum of donor rows of shared tokens; the same
/// sum of the model's own rows is the new row.
///
/// As arcee-ai/mergekit's tokensurgeon: the atom with the largest product with the residual is taken, neither
/// centred nor scaled; input and output matrices are solved apart.
public struct MatchingPursuit: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "omp", summary: "the donor's row as a sparse sum of shared rows, by matching pursuit",
    source: "arXiv 2506.06607; arcee-ai/mergekit, tokensurgeon", needs: ["donor"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try DonorPursuit.recipes(targets, context, rows, options, centred: false, Self.descriptor.name)
  }
}

/// Matching pursuit on what differs from the mean of the shared tokens, with atoms of length 1.
public struct CentredMatchingPursuit: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "omp-centred", summary: "matching pursuit on unit atoms, less each side's mean", source: "toklab",
    needs: ["donor"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try DonorPursuit.recipes(targets, context, rows, options, centred: true, Self.descriptor.name)
  }
}

/// The donor's side of both forms.
private enum DonorPursuit {
  static func recipes(
    _ targets: [TokenID], _ context: TransplantContext, _ rows: EmbeddingTable, _ options: TransplantOptions,
    centred: Bool, _ method: String
  ) throws(ToklabError) -> [TokenRecipe?] {
    let donor = try context.requiredDonor(method)
    var (places, queries) = DonorRows.targets(targets, context, donor.rows, donor.table)
    var atoms = donor.rows.matrix(donor.pairs.map { Int($0.1) })
    var mean: [Double] = []
    if centred {
      let middle = atoms.meanRow()
      atoms = atoms.less(middle)
      queries = queries.less(middle)
      mean = rows.matrix(donor.pairs.map { Int($0.0) }).meanRow().map { Double($0) }
    }
    let solutions = try Pursuit.solve(
      queries, atoms: atoms, sparsity: options.sparsity, unitAtoms: centred, threads: options.threads)
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for (place, solution) in zip(places, solutions) where !solution.isEmpty {
      var recipe = TokenRecipe.sum(
        solution.map { (donor.pairs[$0.atom].0, $0.weight) }, method: method)
      if centred {
        let rest = 1 - solution.reduce(0) { $0 + $1.weight }
        recipe.offset = mean.map { Float(rest * $0) }
      }
      result[place] = recipe
    }
    return result
  }
}

/// Orthogonal matching pursuit of many targets over the same atoms.
///
/// Each step multiplies the residuals of a block of targets with all atoms in tiles (``ProductScreen``), and
/// the few atoms whose product may be the largest again in double precision: what is taken does not depend on how
/// the first products are rounded. The atom with the largest product (the lower one among equals) is made orthogonal to
/// those before (Gram–Schmidt, twice, in double precision) and the projection taken off. An atom that is nearly a sum
/// of those before (less than 10⁻⁴ of it is new) is passed over: taking both of two near duplicates gives weights of
/// millions. A target whose residual falls below 10⁻⁶ of it is done. Cost: sparsity × targets × atoms × columns
/// multiplications.
package enum Pursuit {
  package struct Term: Sendable, Equatable {
    package var atom: Int
    package var weight: Double
  }

  static let block = 128

  package static func solve(
    _ targets: Matrix, atoms: Matrix, sparsity: Int, unitAtoms: Bool = false, threads: Int
  ) throws(ToklabError) -> [[Term]] {
    precondition(targets.columns == atoms.columns)
    guard sparsity > 0, targets.rows > 0, atoms.rows > 0 else {
      return [[Term]](repeating: [], count: targets.rows)
    }
    let blas = try OpenBLAS.open()
    let picked = unitAtoms ? atoms.normalized() : atoms
    let screen = ProductScreen(picked)
    let lengths = unitAtoms ? Self.lengths(atoms) : []
    var result = [[Term]](repeating: [], count: targets.rows)
    result.withUnsafeMutableBufferPointer { buffer in
      let memory = SharedMemory(base: buffer.baseAddress!)
      Blocks.forEach(targets.rows, size: block, threads: threads) { range in
        let solver = BlockSolver(targets, range, screen, min(sparsity, atoms.rows, atoms.columns))
        solver.run(blas)
        for index in range {
          var terms = solver.terms(index - range.lowerBound)
          if unitAtoms { for term in terms.indices { terms[term].weight /= lengths[terms[term].atom] } }
          memory.base[index] = terms
        }
      }
    }
    return result
  }

  private static func lengths(_ matrix: Matrix) -> [Double] {
    (0..<matrix.rows).map { row in
      matrix[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  /// The state of a block of targets.
  ///
  /// Unsafe: raw pointers into arrays of this object's own, sizes fixed in `init`; the steps run for every target and
  /// atom, and checked arrays made the search for the largest product take longer than the products.
  private final class BlockSolver {
    private let atoms: Matrix
    private let screen: ProductScreen
    private let count: Int
    private let width: Int
    private let sparsity: Int
    private var residuals: [Float]
    private var exact: [Double]
    private let goals: [Double]
    /// For each target: orthonormal directions, the triangle that makes the atoms of them, and the projections.
    private var directions: [[Double]]
    private var triangles: [[[Double]]]
    private var projections: [[Double]]
    private var chosen: [[Int]]
    private var banned: [Set<Int>]
    private var done: [Bool]

    init(_ targets: Matrix, _ range: Range<Int>, _ screen: ProductScreen, _ sparsity: Int) {
      self.screen = screen
      atoms = screen.table
      self.sparsity = sparsity
      count = range.count
      width = targets.columns
      residuals = Array(targets.values[range.lowerBound * width..<range.upperBound * width])
      exact = residuals.map { Double($0) }
      var goals: [Double] = []
      for target in 0..<count {
        var sum = 0.0
        for index in target * width..<(target + 1) * width { sum += exact[index] * exact[index] }
        goals.append(sum.squareRoot() * 1e-6)
      }
      self.goals = goals
      directions = Array(repeating: [], count: count)
      triangles = Array(repeating: [], count: count)
      projections = Array(repeating: [], count: count)
      chosen = Array(repeating: [], count: count)
      banned = Array(repeating: [], count: count)
      done = goals.map { !($0 > 0) || !$0.isFinite }
    }

    func run(_ blas: OpenBLAS) {
      let products = UnsafeMutablePointer<Float>.allocate(capacity: count * ProductScreen.tile)
      defer { products.deallocate() }
      let tiles = (atoms.rows + ProductScreen.tile - 1) / ProductScreen.tile
      // Atoms that are passed over cost a step; more than as many again are not looked for.
      for _ in 0..<2 * sparsity where done.contains(false) {
        let norms = ProductScreen.lengths(residuals[...], width)
        // The largest product is at least this; atoms that may have it, and the most that their product can be.
        var least = [Float](repeating: 0, count: count)
        var candidates = [[(most: Float, atom: Int)]](repeating: [], count: count)
        for tile in 0..<tiles {
          screen.products(residuals, count: count, tile: tile, blas, into: products)
          let start = tile * ProductScreen.tile
          let end = min(atoms.rows, start + ProductScreen.tile)
          for target in 0..<count where !done[target] {
            let row = products + target * (end - start)
            for atom in banned[target] where atom >= start && atom < end { row[atom - start] = 0 }
            let bound = screen.bound(length: norms[target], tile: tile)
            let largest = Self.largest(row, end - start)
            guard largest + bound >= least[target] else { continue }
            least[target] = max(least[target], largest - bound)
            for place in 0..<end - start where row[place].magnitude + bound >= least[target] {
              candidates[target].append((row[place].magnitude + bound, start + place))
            }
          }
        }
        for target in 0..<count where !done[target] {
          let best = largest(candidates[target], least[target], target)
          if best < 0 { done[target] = true } else { take(best, for: target) }
        }
      }
    }

    /// The candidate with the largest product in double precision, the first among equals; -1 where all are 0.
    private func largest(_ candidates: [(most: Float, atom: Int)], _ least: Float, _ target: Int) -> Int {
      var best = (value: 0.0, atom: -1)
      exact.withUnsafeBufferPointer { exact in
        atoms.values.withUnsafeBufferPointer { values in
          for (most, atom) in candidates where most >= least && !banned[target].contains(atom) {
            let value = Self.mixedDot(
              exact.baseAddress! + target * width, values.baseAddress! + atom * width, width
            ).magnitude
            if value > best.value { best = (value, atom) }
          }
        }
      }
      return best.atom
    }

    /// The largest magnitude.
    private static func largest(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
      var lanes = SIMD16<Float>(repeating: 0)
      var index = 0
      while index + 16 <= count {
        let next = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD16<Float>.self)
        let magnitude = next.replacing(with: -next, where: next .< 0)
        lanes = lanes.replacing(with: magnitude, where: magnitude .> lanes)
        index += 16
      }
      var largest = lanes.max()
      for rest in index..<max(index, count) { largest = max(largest, values[rest].magnitude) }
      return largest
    }

    private func take(_ atom: Int, for target: Int) {
      banned[target].insert(atom)
      var direction = [Double](repeating: 0, count: width)
      for index in 0..<width { direction[index] = Double(atoms.values[atom * width + index]) }
      let known = projections[target].count
      var column = [Double](repeating: 0, count: known + 1)
      var length = 0.0
      let whole = Self.length(direction)
      for _ in 0..<2 {
        directions[target].withUnsafeBufferPointer { basis in
          direction.withUnsafeMutableBufferPointer { direction in
            for step in 0..<known {
              let row = basis.baseAddress! + step * width
              let product = Self.dot(row, direction.baseAddress!, width)
              column[step] += product
              for index in 0..<width { direction[index] -= product * row[index] }
            }
          }
        }
      }
      length = Self.length(direction)
      guard length > 1e-4 * whole, length > 0 else { return }
      column[known] = length
      for index in 0..<width { direction[index] /= length }
      let projection = exact.withUnsafeBufferPointer { exact in
        direction.withUnsafeBufferPointer {
          Self.dot(exact.baseAddress! + target * width, $0.baseAddress!, width)
        }
      }
      var rest = 0.0
      exact.withUnsafeMutableBufferPointer { exact in
        residuals.withUnsafeMutableBufferPointer { residuals in
          for index in 0..<width {
            let value = exact[target * width + index] - projection * direction[index]
            exact[target * width + index] = value
            residuals[target * width + index] = Float(value)
            rest += value * value
          }
        }
      }
      directions[target] += direction
      triangles[target].append(column)
      projections[target].append(projection)
      chosen[target].append(atom)
      if chosen[target].count == sparsity || rest.squareRoot() <= goals[target] { done[target] = true }
    }

    /// Four sums side by side, so that additions do not wait for one another.
    private static func dot(_ one: UnsafePointer<Double>, _ other: UnsafePointer<Double>, _ count: Int)
      -> Double
    {
      var lanes = SIMD8<Double>(repeating: 0)
      var index = 0
      while index + 8 <= count {
        let left = UnsafeRawPointer(one + index).loadUnaligned(as: SIMD8<Double>.self)
        let right = UnsafeRawPointer(other + index).loadUnaligned(as: SIMD8<Double>.self)
        lanes += left * right
        index += 8
      }
      var sum = lanes.sum()
      while index < count {
        sum += one[index] * other[index]
        index += 1
      }
      return sum
    }

    private static func mixedDot(
      _ one: UnsafePointer<Double>, _ other: UnsafePointer<Float>, _ count: Int
    ) -> Double {
      var lanes = SIMD8<Double>(repeating: 0)
      var index = 0
      while index + 8 <= count {
        let left = UnsafeRawPointer(one + index).loadUnaligned(as: SIMD8<Double>.self)
        let right = UnsafeRawPointer(other + index).loadUnaligned(as: SIMD8<Float>.self)
        lanes += left * SIMD8<Double>(right)
        index += 8
      }
      var sum = lanes.sum()
      while index < count {
        sum += one[index] * Double(other[index])
        index += 1
      }
      return sum
    }

    private static func length(_ values: [Double]) -> Double {
      values.withUnsafeBufferPointer { dot($0.baseAddress!, $0.baseAddress!, $0.count) }.squareRoot()
    }

    /// The atoms in the order they were taken, and their weights by back substitution.
    func terms(_ target: Int) -> [Term] {
      let known = projections[target].count
      var weights = projections[target]
      for step in stride(from: known - 1, through: 0, by: -1) {
        weights[step] /= triangles[target][step][step]
        for before in 0..<step { weights[before] -= weights[step] * triangles[target][step][before] }
      }
      return zip(chosen[target], weights).map { Term(atom: $0, weight: $1) }
    }
  }
}
