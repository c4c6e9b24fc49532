import CIntrinsics

/// Inner products of many rows with the rows of a table, each with a bound on its error: enough to say which few may
/// be the largest, so that only those are computed exactly.
///
/// Where the processor multiplies bytes (AVX-512 VNNI) both sides are rounded to bytes, each row with a scale of its
/// own. With r = r̂ + e and a = â + f the error is ⟨r̂, f⟩ + ⟨e, a⟩, at most ‖r̂‖‖f‖ + ‖e‖‖a‖ (Cauchy–Schwarz), all four
/// lengths being known. Elsewhere the products are OpenBLAS's in single precision, whose sum of n terms in any order is
/// within n · 2⁻²⁴ / (1 − n · 2⁻²⁴) times ‖r‖‖a‖. Either way the rows that the bounds leave contain the largest.
///
/// Unsafe: packed bytes and products through pointers, sizes fixed in `init`. Measured on 44,358 rows of 640 columns
/// and 1,660 others: Reports/transplant.md.
struct ProductScreen: Sendable {
  /// Rows of the table in a tile; a multiple of 32.
  static let tile = 1024

  let table: Matrix
  private let isBytes: Bool
  private let quads: Int
  /// Bytes of 16 rows side by side, four columns at a time, 128 added.
  private var packed: [UInt8] = []
  private var scales: [Float] = []
  /// For each tile the largest length of a row and of what rounding took from it.
  private var lengths: [Double] = []
  private var errors: [Double] = []

  /// - Parameter bytes: false asks for single precision on every processor.
  init(_ table: Matrix, bytes: Bool = true) {
    self.table = table
    quads = (table.columns + 3) / 4
    // Sums of bytes must fit in 32 bits.
    isBytes = bytes && toklab_has_byte_products() != 0 && table.columns <= 32768
    let tiles = (table.rows + Self.tile - 1) / Self.tile
    lengths = Array(repeating: 0, count: tiles)
    errors = Array(repeating: 0, count: tiles)
    if isBytes {
      let padded = (table.rows + 15) / 16 * 16
      packed = Array(repeating: 128, count: padded * quads * 4)
      scales = Array(repeating: 0, count: padded)
    }
    let (columns, quads, isBytes) = (table.columns, quads, isBytes)
    table.values.withUnsafeBufferPointer { values in
      packed.withUnsafeMutableBufferPointer { packed in
        for row in 0..<table.rows {
          let base = values.baseAddress! + row * columns
          let length = Self.length(base, columns)
          // Rows that are no numbers have no product that could be the largest.
          guard length.isFinite else { continue }
          let scale = Self.scale(base, columns)
          var error = 0.0
          let group = row / 16 * quads * 64 + row % 16 * 4
          for column in 0..<columns {
            guard isBytes else { break }
            let value = base[column]
            let byte = Self.byte(value, scale)
            let rest = Double(value) - Double(byte) * Double(scale)
            error += rest * rest
            packed[group + column / 4 * 64 + column % 4] = UInt8(truncatingIfNeeded: Int(byte) + 128)
          }
          if isBytes { scales[row] = scale }
          let tile = row / Self.tile
          lengths[tile] = max(lengths[tile], length)
          errors[tile] = max(errors[tile], error.squareRoot())
        }
      }
    }
  }

  private static func length(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(values[index]) * Double(values[index]) }
    return sum.squareRoot()
  }

  /// What a byte stands for, so that the largest number becomes 127.
  private static func scale(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var largest: Float = 0
    for index in 0..<count { largest = max(largest, values[index].magnitude) }
    return largest.isFinite && largest > 1e-30 ? largest / 127 : 0
  }

  @inline(__always)
  private static func byte(_ value: Float, _ scale: Float) -> Int8 {
    scale > 0 ? Int8(max(-127, min(127, (value / scale).rounded()))) : 0
  }

  /// Some rows, ready to be multiplied.
  struct Rows {
    fileprivate var bytes: [Int8]
    fileprivate var scales: [Float]
    fileprivate var offsets: [Int32]
    /// The length of each row, of its bytes, and of what they leave.
    fileprivate var lengths: [Double]
    fileprivate var kept: [Double]
    fileprivate var lost: [Double]
    fileprivate let values: [Float]
    let count: Int
  }

  func rows(_ values: [Float], count: Int) -> Rows {
    let width = table.columns
    precondition(values.count == count * width)
    var rows = Rows(
      bytes: Array(repeating: 0, count: isBytes ? count * quads * 4 : 0),
      scales: Array(repeating: 0, count: count), offsets: Array(repeating: 0, count: count),
      lengths: Array(repeating: 0, count: count), kept: Array(repeating: 0, count: count),
      lost: Array(repeating: 0, count: count), values: values, count: count)
    values.withUnsafeBufferPointer { values in
      rows.bytes.withUnsafeMutableBufferPointer { bytes in
        for row in 0..<count {
          let base = values.baseAddress! + row * width
          let length = Self.length(base, width)
          rows.lengths[row] = length
          guard isBytes, length.isFinite else { continue }
          let scale = Self.scale(base, width)
          var (kept, lost, sum) = (0.0, 0.0, Int32(0))
          for column in 0..<width {
            let value = base[column]
            let byte = Self.byte(value, scale)
            let near = Double(byte) * Double(scale)
            kept += near * near
            lost += (Double(value) - near) * (Double(value) - near)
            sum += Int32(byte)
            bytes[row * quads * 4 + column] = byte
          }
          rows.scales[row] = scale
          rows.offsets[row] = 128 * sum
          rows.kept[row] = kept.squareRoot()
          rows.lost[row] = lost.squareRoot()
        }
      }
    }
    return rows
  }

  /// Products of all rows with a tile of the table.
  ///
  /// - Parameter out: for `rows.count` × ``tile`` numbers.
  /// - Returns: the distance from one row's products to the next.
  func products(
    _ rows: borrowing Rows, tile: Int, _ blas: OpenBLAS, into out: UnsafeMutablePointer<Float>
  ) -> Int {
    let start = tile * Self.tile
    let count = min(table.rows - start, Self.tile)
    guard isBytes else {
      table.values.withUnsafeBufferPointer { right in
        rows.values.withUnsafeBufferPointer { left in
          blas.productTransposed(
            left.baseAddress!, rows: rows.count, right.baseAddress! + start * table.columns, columns: count,
            inner: table.columns, into: out)
        }
      }
      return count
    }
    let groups = (count + 15) / 16
    packed.withUnsafeBufferPointer { packed in
      scales.withUnsafeBufferPointer { scales in
        rows.bytes.withUnsafeBufferPointer { bytes in
          toklab_byte_products(
            bytes.baseAddress!, rows.count, quads, packed.baseAddress! + start * quads * 4, groups,
            rows.scales,
            rows.offsets, scales.baseAddress! + start, out)
        }
      }
    }
    return groups * 16
  }

  /// How far a product of a row with any row of a tile may be from the truth; rounding of this bound itself and of
  /// the scales included.
  func bound(_ rows: borrowing Rows, _ row: Int, tile: Int) -> Float {
    let whole = rows.lengths[row] * lengths[tile]
    let terms = Double(table.columns + 8)
    let error =
      isBytes
      ? rows.kept[row] * errors[tile] + rows.lost[row] * lengths[tile] + 1e-6 * whole
      : terms * 0x1p-24 / (1 - terms * 0x1p-24) * whole
    return Float(error * 1.0001).nextUp
  }
}
