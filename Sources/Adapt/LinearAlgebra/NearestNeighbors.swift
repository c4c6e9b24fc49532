import Tokenizers

/// Exact search for the rows with the largest inner products, tile by tile.
///
/// Cost: one product of matrices; memory for a block of queries times a tile of rows, never all products.
package enum NearestNeighbors {
  package struct Neighbor: Sendable, Equatable {
    /// The row of the table.
    package var row: Int
    /// The inner product.
    package var similarity: Float
  }

  static let block = 128
  static let tile = 4096

  /// The `count` best rows for each query, best first; among equal ones the lower row.
  package static func search(
    _ queries: Matrix, in table: Matrix, count: Int, threads: Int
  ) throws(ToklabError) -> [[Neighbor]] {
    precondition(queries.columns == table.columns)
    let blas = try OpenBLAS.open()
    var result = [[Neighbor]](repeating: [], count: queries.rows)
    result.withUnsafeMutableBufferPointer { buffer in
      let shared = SharedMemory(base: buffer.baseAddress!)
      forEachTile(queries, table, blas, threads) { (queries, tile, products) in
        for query in queries {
          let row = products + (query - queries.lowerBound) * tile.count
          merge(row, tile, count, into: &shared.base[query])
        }
      }
    }
    return result
  }

  /// Calls `body` with the products of a block of queries with a tile of rows, row after row; tiles of a block come
  /// in order, from one thread.
  static func forEachTile(
    _ queries: Matrix, _ table: Matrix, _ blas: OpenBLAS, _ threads: Int,
    _ body: @Sendable (Range<Int>, Range<Int>, UnsafePointer<Float>) -> Void
  ) {
    Blocks.forEach(queries.rows, size: block, threads: threads) { range in
      let products = UnsafeMutablePointer<Float>.allocate(capacity: block * tile)
      defer { products.deallocate() }
      queries.values.withUnsafeBufferPointer { left in
        table.values.withUnsafeBufferPointer { right in
          for start in stride(from: 0, to: table.rows, by: tile) {
            let end = min(table.rows, start + tile)
            blas.productTransposed(
              left.baseAddress! + range.lowerBound * queries.columns, rows: range.count,
              right.baseAddress! + start * table.columns, columns: end - start, inner: table.columns,
              into: products)
            body(range, start..<end, products)
          }
        }
      }
    }
  }

  private static func merge(
    _ products: UnsafePointer<Float>, _ tile: Range<Int>, _ count: Int, into best: inout [Neighbor]
  ) {
    for offset in 0..<tile.count {
      let similarity = products[offset]
      if best.count == count, !(similarity > best[count - 1].similarity) { continue }
      var place = best.count
      while place > 0, similarity > best[place - 1].similarity { place -= 1 }
      best.insert(Neighbor(row: tile.lowerBound + offset, similarity: similarity), at: place)
      if best.count > count { best.removeLast() }
    }
  }
}
