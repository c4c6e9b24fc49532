/// Inner products of many rows with the rows of a table in single precision, each tile with a bound on its errors:
/// enough to say which few may be the largest, so that only those are computed in double precision.
///
/// A sum of n products in any order is within n · 2⁻²⁴ / (1 − n · 2⁻²⁴) times ‖r‖‖a‖ of the truth, so the rows that the
/// bound leaves contain the largest. Products of bytes (AVX-512 VNNI) with the bound of Cauchy–Schwarz were tried and
/// lost: 2.6 times the time, for the same rows (Reports/transplant.md).
struct ProductScreen: Sendable {
  /// Rows of the table in a tile.
  static let tile = 1024

  let table: Matrix
  /// The largest length of a row, for each tile.
  private let lengths: [Double]

  init(_ table: Matrix) {
    self.table = table
    lengths = stride(from: 0, to: table.rows, by: Self.tile).map { start in
      Self.lengths(
        table.values[start * table.columns..<min(table.rows, start + Self.tile) * table.columns],
        table.columns
      )
      // Rows that are no numbers have no product that could be the largest.
      .filter { $0.isFinite }.max() ?? 0
    }
  }

  /// The length of each row.
  static func lengths(_ values: ArraySlice<Float>, _ columns: Int) -> [Double] {
    values.withUnsafeBufferPointer { values in
      stride(from: 0, to: values.count, by: columns).map { start in
        var sum = 0.0
        for index in start..<start + columns { sum += Double(values[index]) * Double(values[index]) }
        return sum.squareRoot()
      }
    }
  }

  /// Products of rows with a tile of the table, row after row.
  func products(
    _ rows: [Float], count: Int, tile: Int, _ blas: OpenBLAS, into out: UnsafeMutablePointer<Float>
  ) {
    precondition(rows.count == count * table.columns)
    let start = tile * Self.tile
    table.values.withUnsafeBufferPointer { right in
      rows.withUnsafeBufferPointer { left in
        blas.productTransposed(
          left.baseAddress!, rows: count, right.baseAddress! + start * table.columns,
          columns: min(table.rows - start, Self.tile), inner: table.columns, into: out)
      }
    }
  }

  /// How far a product of a row of this length with any row of a tile may be from the truth, the rounding of the
  /// row to single precision included.
  func bound(length: Double, tile: Int) -> Float {
    let terms = Double(table.columns + 8)
    return Float(terms * 0x1p-24 / (1 - terms * 0x1p-24) * length * lengths[tile] * 1.0001).nextUp
  }
}
