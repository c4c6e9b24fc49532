import Tokenizers

/// A matrix with one row a token, wherever it lies: decoded row by row, never as a whole unless asked.
///
/// Rows of GGUF and safetensors tensors lie one after the other, so a row is a range of bytes that can be
/// copied exactly.
public struct EmbeddingTable: Sendable {
  public enum Format: Sendable, Hashable {
    case elements(TensorType)
    case blocks(BlockType)

    public var name: String {
      switch self {
      case .elements(let type): type.rawValue
      case .blocks(let type): type.name
      }
    }

    /// Bytes of a row.
    func rowBytes(_ columns: Int) -> Int {
      switch self {
      case .elements(let type): columns * type.size
      case .blocks(let type): columns / type.length * type.size
      }
    }
  }

  public let name: String
  public let rows: Int
  public let columns: Int
  public let format: Format
  public let rowBytes: Int
  private let file: MappedFile
  private let start: Int

  /// - Throws: ``ToklabError`` for a tensor that is no matrix of floats.
  public init(_ tensor: SafetensorsFile.Tensor, in file: SafetensorsFile) throws(ToklabError) {
    guard tensor.shape.count == 2, tensor.type.isFloat else {
      throw ToklabError(
        file: file.path,
        "tensor \"\(tensor.name)\" of type \(tensor.type.rawValue) and shape \(tensor.shape)",
        expected: "a matrix of F64, F32, F16 or BF16",
        advice: "quantized matrices and those with scales of their own are not moved; convert the model first"
      )
    }
    self.init(
      name: tensor.name, rows: tensor.shape[0], columns: tensor.shape[1], .elements(tensor.type), file.file,
      tensor.range.lowerBound)
  }

  /// - Throws: ``ToklabError`` for a tensor that is no matrix of a type that can be read.
  public init(_ tensor: GGUFModelFile.Tensor, in file: GGUFModelFile) throws(ToklabError) {
    guard tensor.shape.count == 2, let type = tensor.type else {
      throw ToklabError(
        file: file.path, "tensor \"\(tensor.name)\" of \(tensor.typeName) and shape \(tensor.shape)",
        expected: "a matrix of \(BlockType.allCases.map(\.name).joined(separator: ", "))")
    }
    self.init(
      name: tensor.name, rows: tensor.shape[0], columns: tensor.shape[1], .blocks(type), file.file,
      tensor.range.lowerBound)
  }

  private init(name: String, rows: Int, columns: Int, _ format: Format, _ file: MappedFile, _ start: Int) {
    self.name = name
    self.rows = rows
    self.columns = columns
    self.format = format
    rowBytes = format.rowBytes(columns)
    self.file = file
    self.start = start
  }

  /// The bytes of a row as they lie in the file; valid while this value lives.
  package func bytes(ofRow row: Int) -> UnsafeRawBufferPointer {
    precondition(row >= 0 && row < rows)
    return file.bytes(start + row * rowBytes..<start + (row + 1) * rowBytes)
  }

  /// Writes the numbers of a row.
  package func decode(row: Int, into out: UnsafeMutablePointer<Float>) {
    let base = bytes(ofRow: row).baseAddress!
    switch format {
    case .blocks(let type): type.decode(base, blocks: columns / type.length, into: out)
    case .elements(let type):
      for index in 0..<columns { out[index] = Float(type.double(at: base + index * type.size)) }
    }
  }

  /// The numbers of a row in single precision.
  public func row(_ row: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: columns) { buffer, count in
      decode(row: row, into: buffer.baseAddress!)
      count = columns
    }
  }

  /// Some rows as a matrix.
  public func matrix(_ rows: [Int]) -> Matrix {
    var matrix = Matrix(rows: rows.count, columns: columns)
    matrix.values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (index, row) in rows.enumerated() { decode(row: row, into: base + index * columns) }
    }
    return matrix
  }

  /// A row of numbers as bytes in the table's own format.
  ///
  /// - Throws: ``ToklabError`` for a quantized format that is only read.
  func encode(_ numbers: [Float], into out: inout [UInt8]) throws(ToklabError) {
    precondition(numbers.count == columns)
    switch format {
    case .elements(let type): for number in numbers { type.append(number, to: &out) }
    case .blocks(let type):
      guard type.canEncode else {
        throw ToklabError(
          "new rows of type \(type.name)", expected: "F32, F16, BF16, F64 or Q8_0 embeddings",
          advice: "toklab models convert makes a folder whose embeddings can be changed")
      }
      numbers.withUnsafeBufferPointer { type.encode($0, into: &out) }
    }
  }
}

/// Numbers in rows, single precision.
public struct Matrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// Row after row.
  public var values: [Float]

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: 0, count: rows * columns)
  }

  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns)
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public subscript(row: Int) -> ArraySlice<Float> { values[row * columns..<(row + 1) * columns] }
}
