import Glibc
import Tokenizers

/// Dense linear algebra by OpenBLAS, opened on first use so that no other command pays for it.
///
/// OpenBLAS runs with one thread: callers share work in blocks of a fixed size, so results are the same for any
/// number of threads. Unsafe: functions found by name, called with sizes that the wrappers check.
package final class OpenBLAS: Sendable {
  private typealias SingleProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>,
      Int32,
      Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private typealias DoubleProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>,
      Int32,
      Double, UnsafeMutablePointer<Double>, Int32
    ) -> Void
  private typealias SolvePositive =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Void
  private typealias SingularValues =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
      UnsafeMutablePointer<Double>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
      UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Void

  private let sgemm: SingleProduct
  private let dgemm: DoubleProduct
  private let dposv: SolvePositive
  private let dgesdd: SingularValues

  private static let opened: Result<OpenBLAS, ToklabError> = {
    do throws(ToklabError) { return .success(try OpenBLAS()) } catch { return .failure(error) }
  }()

  /// - Throws: ``ToklabError`` where the library is not installed.
  package static func open() throws(ToklabError) -> OpenBLAS { try opened.get() }

  private init() throws(ToklabError) {
    let names = ["libopenblas.so.0", "libopenblas.so"]
    guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
      throw ToklabError(
        "OpenBLAS cannot be opened (\(names[0]))", expected: "the library for products of matrices",
        advice: "apt-get install libopenblas0")
    }
    func symbol<Function>(_ name: String, _ type: Function.Type) throws(ToklabError) -> Function {
      guard let pointer = dlsym(library, name) else {
        throw ToklabError(
          "an OpenBLAS without \(name)", expected: "one with LAPACK", advice: "apt-get install libopenblas0")
      }
      return unsafeBitCast(pointer, to: type)
    }
    sgemm = try symbol("cblas_sgemm", SingleProduct.self)
    dgemm = try symbol("cblas_dgemm", DoubleProduct.self)
    dposv = try symbol("dposv_", SolvePositive.self)
    dgesdd = try symbol("dgesdd_", SingularValues.self)
    let setThreads = try symbol("openblas_set_num_threads", (@convention(c) (Int32) -> Void).self)
    setThreads(1)
  }

  private static let rowMajor: Int32 = 101
  private static func transposed(_ value: Bool) -> Int32 { value ? 112 : 111 }

  /// `out = left · rightᵀ`: `rows` × `columns` from `rows` × `inner` and `columns` × `inner`, row after row.
  func productTransposed(
    _ left: UnsafePointer<Float>, rows: Int, _ right: UnsafePointer<Float>, columns: Int, inner: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    sgemm(
      Self.rowMajor, 111, 112, Int32(rows), Int32(columns), Int32(inner), 1, left, Int32(inner), right,
      Int32(inner), 0, out, Int32(columns))
  }

  /// `out = leftᵀ · right`: `columns` × `width` from `rows` × `columns` and `rows` × `width`, row after row.
  func crossProduct(
    _ left: UnsafePointer<Float>, columns: Int, _ right: UnsafePointer<Float>, width: Int, rows: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    guard rows > 0, columns > 0, width > 0 else { return }
    sgemm(
      Self.rowMajor, 112, 111, Int32(columns), Int32(width), Int32(rows), 1, left, Int32(columns), right,
      Int32(width), 0, out, Int32(width))
  }

  /// `out = scale · left · right + keep · out` for matrices of doubles, row after row.
  func product(
    _ left: UnsafePointer<Double>, transposed leftTransposed: Bool, _ right: UnsafePointer<Double>,
    rows: Int, columns: Int, inner: Int, scale: Double = 1, keep: Double = 0,
    into out: UnsafeMutablePointer<Double>
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    dgemm(
      Self.rowMajor, Self.transposed(leftTransposed), 111, Int32(rows), Int32(columns), Int32(inner), scale,
      left, Int32(leftTransposed ? rows : inner), right, Int32(columns), keep, out, Int32(columns))
  }

  /// The solution X of `A · X = B` for a symmetric positive definite A of `size` rows and B of `columns` columns,
  /// both row after row.
  ///
  /// - Throws: ``ToklabError`` for a matrix that is not positive definite.
  func solvePositive(_ matrix: [Double], size: Int, _ right: [Double], columns: Int) throws(ToklabError)
    -> [Double]
  {
    precondition(matrix.count == size * size && right.count == size * columns)
    // LAPACK reads column after column: A is its own transpose, B is transposed by hand.
    var a = matrix
    var b = [Double](repeating: 0, count: right.count)
    for row in 0..<size {
      for column in 0..<columns { b[column * size + row] = right[row * columns + column] }
    }
    var (n, wide, info) = (Int32(size), Int32(columns), Int32(0))
    "U".withCString { dposv($0, &n, &wide, &a, &n, &b, &n, &info) }
    guard info == 0 else {
      throw ToklabError("equations without one solution", expected: "more tokens that both models share")
    }
    var out = [Double](repeating: 0, count: right.count)
    for row in 0..<size { for column in 0..<columns { out[row * columns + column] = b[column * size + row] } }
    return out
  }

  /// The matrix U·Vᵀ of the singular value decomposition of a matrix of `rows` × `columns`, row after row: the
  /// nearest one with orthonormal rows or columns.
  func polarFactor(_ matrix: [Double], rows: Int, columns: Int) throws(ToklabError) -> [Double] {
    precondition(matrix.count == rows * columns)
    // Row after row is the transpose for LAPACK: columns × rows = V S Uᵀ.
    let least = min(rows, columns)
    var a = matrix
    var values = [Double](repeating: 0, count: least)
    var left = [Double](repeating: 0, count: columns * least)
    var right = [Double](repeating: 0, count: least * rows)
    var (m, n, k, info) = (Int32(columns), Int32(rows), Int32(least), Int32(0))
    var work = [Double](repeating: 0, count: 1)
    var length = Int32(-1)
    var integers = [Int32](repeating: 0, count: 8 * least)
    "S".withCString {
      dgesdd($0, &m, &n, &a, &m, &values, &left, &m, &right, &k, &work, &length, &integers, &info)
      length = Int32(work[0])
      work = [Double](repeating: 0, count: Int(length))
      dgesdd($0, &m, &n, &a, &m, &values, &left, &m, &right, &k, &work, &length, &integers, &info)
    }
    guard info == 0 else { throw ToklabError("a singular value decomposition that did not converge") }
    // left is columns × least and right least × rows, column after column; their product is the transpose.
    var out = [Double](repeating: 0, count: rows * columns)
    // Read row after row they are leftᵀ (least × columns) and rightᵀ (rows × least).
    product(right, transposed: false, left, rows: rows, columns: columns, inner: least, into: &out)
    return out
  }
}
