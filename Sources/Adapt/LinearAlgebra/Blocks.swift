import Dispatch
import Synchronization
import Tokenizers

/// Work in blocks of a fixed size, shared between threads by a cursor; what a block gives does not depend on who
/// works on it.
enum Blocks {
  /// Calls `body` with the ranges of `0..<count` in blocks of `size`.
  static func forEach(_ count: Int, size: Int, threads: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let blocks = (count + size - 1) / size
    let workers = min(max(1, threads), blocks)
    guard workers > 1 else {
      for block in 0..<blocks { body(block * size..<min(count, (block + 1) * size)) }
      return
    }
    let cursor = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let block = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        if block >= blocks { return }
        body(block * size..<min(count, (block + 1) * size))
      }
    }
  }
}

/// Memory that blocks write at places of their own.
///
/// Unsafe: no check that blocks keep apart; only ``Blocks`` users within this folder and the strategies have it.
struct SharedMemory<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
}

extension Matrix {
  /// Every row divided by its length; rows of zeros stay.
  func normalized() -> Matrix {
    var out = self
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      let length = range.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }.squareRoot()
      guard length > 0 else { continue }
      for index in range { out.values[index] = Float(Double(values[index]) / length) }
    }
    return out
  }

  /// The mean of the rows, summed in double precision.
  func meanRow() -> [Float] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] += Double(values[row * columns + column]) }
    }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }

  /// A row taken off every row.
  func less(_ offset: [Float]) -> Matrix {
    var out = self
    for row in 0..<rows { for column in 0..<columns { out.values[row * columns + column] -= offset[column] } }
    return out
  }
}
