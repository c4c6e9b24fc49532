import Tokenizers

/// A safetensors file: named tensors behind a JSON header, mapped into memory.
///
/// Layout (huggingface/safetensors, README "Format"): a 64-bit little-endian length, that many bytes of
/// JSON `{"__metadata__": {string: string}, name: {"dtype", "shape", "data_offsets": [begin, end]}}`, then
/// the data, offsets counted from its start. As in the reference, tensors must cover the data without gap or
/// overlap, and the header has at most 100 MB.
public struct SafetensorsFile: Sendable {
  public struct Tensor: Sendable, Hashable {
    public var name: String
    public var type: TensorType
    public var shape: [Int]
    /// Where its bytes lie in the file.
    public var range: Range<Int>

    /// The number of elements; one for a scalar.
    public var count: Int { range.count / type.size }
  }

  /// The largest header that is read.
  public static let headerLimit = 100_000_000

  public let path: String
  public let file: MappedFile
  /// In the order of their data.
  public let tensors: [Tensor]
  public let metadata: [String: String]
  private let byName: [String: Int]

  /// Maps the file and checks its header.
  ///
  /// - Throws: ``ToklabError`` naming what does not fit: a truncated file, a header that is no JSON, sizes
  ///   that overflow or do not match, gaps and overlaps.
  public init(_ path: String) throws(ToklabError) {
    self.path = path
    file = try MappedFile(path)
    do throws(ToklabError) {
      let (tensors, metadata) = try Self.header(of: file)
      self.tensors = tensors
      self.metadata = metadata
    } catch { throw error.in(path) }
    byName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// The tensor of a name, or nil.
  public func tensor(_ name: String) -> Tensor? { byName[name].map { tensors[$0] } }

  /// The tensor of a name.
  ///
  /// - Parameter dimensions: how many its shape must have, when not nil.
  /// - Throws: ``ToklabError`` when there is none, or its shape or type is another.
  public func required(
    _ name: String, types: [TensorType], dimensions: Int? = nil
  ) throws(ToklabError) -> Tensor {
    guard let tensor = tensor(name) else {
      throw ToklabError(
        file: path, "no tensor \"\(name)\"",
        expected: tensors.count <= 12 ? "one among \(tensors.map(\.name))" : "one of that name")
    }
    guard types.contains(tensor.type) else {
      throw ToklabError(
        file: path, "tensor \"\(name)\" has type \(tensor.type.rawValue)",
        expected: types.map(\.rawValue).joined(separator: " or "))
    }
    if let dimensions, tensor.shape.count != dimensions {
      throw ToklabError(
        file: path, "tensor \"\(name)\" has shape \(tensor.shape)", expected: "\(dimensions) dimensions")
    }
    return tensor
  }

  /// The raw bytes of a tensor, valid while this value lives.
  package func bytes(of tensor: Tensor) -> UnsafeRawBufferPointer { file.bytes(tensor.range) }

  /// Elements of a float tensor as doubles.
  ///
  /// - Parameter elements: which, counted in row-major order.
  public func doubles(of tensor: Tensor, _ elements: Range<Int>) -> [Double] {
    precondition(tensor.type.isFloat && elements.lowerBound >= 0 && elements.upperBound <= tensor.count)
    let size = tensor.type.size
    let base = file.base + tensor.range.lowerBound
    return [Double](unsafeUninitializedCapacity: elements.count) { buffer, count in
      for (index, element) in elements.enumerated() {
        buffer.initializeElement(at: index, to: tensor.type.double(at: base + element * size))
      }
      count = elements.count
    }
  }

  /// All elements of a signed or unsigned integer tensor.
  ///
  /// - Throws: ``ToklabError`` for an unsigned value that no `Int` holds.
  public func integers(of tensor: Tensor) throws(ToklabError) -> [Int] {
    let base = file.base + tensor.range.lowerBound
    var result: [Int] = []
    result.reserveCapacity(tensor.count)
    for index in 0..<tensor.count {
      let pointer = base + index * tensor.type.size
      switch tensor.type {
      case .i64: result.append(Int(Int64(littleEndian: pointer.loadUnaligned(as: Int64.self))))
      case .i32: result.append(Int(Int32(littleEndian: pointer.loadUnaligned(as: Int32.self))))
      case .i16: result.append(Int(Int16(littleEndian: pointer.loadUnaligned(as: Int16.self))))
      case .i8: result.append(Int(pointer.loadUnaligned(as: Int8.self)))
      case .u32: result.append(Int(UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))))
      case .u16: result.append(Int(UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))))
      case .u8, .bool: result.append(Int(pointer.loadUnaligned(as: UInt8.self)))
      case .u64:
        let value = UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
        guard value <= UInt64(Int.max) else {
          throw ToklabError(file: path, "tensor \"\(tensor.name)\" holds \(value)", expected: "below 2^63")
        }
        result.append(Int(value))
      default:
        throw ToklabError(
          file: path, "tensor \"\(tensor.name)\" has type \(tensor.type.rawValue)", expected: "whole numbers")
      }
    }
    return result
  }

  private static func header(of file: MappedFile) throws(ToklabError) -> ([Tensor], [String: String]) {
    guard file.count >= 8 else {
      throw ToklabError("\(file.count) bytes", expected: "a safetensors file, which has more")
    }
    let length = UInt64(littleEndian: file.base.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= UInt64(headerLimit), Int(length) <= file.count - 8 else {
      throw ToklabError(
        at: .byte(0), "a header of \(length) bytes in a file of \(file.count)",
        expected: "a safetensors header of at most \(headerLimit) bytes that fits the file",
        advice: "check that the file is safetensors and complete")
    }
    let data = 8 + Int(length)
    let json: ByteJSON
    do throws(ToklabError) { json = try ByteJSON(Array(file.bytes(8..<data))) } catch {
      throw error.shifted(by: 8)
    }
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    var names: Set<[UInt8]> = []
    try json.root.forEachMember { (key, value) throws(ToklabError) in
      guard names.insert(try key.bytes()).inserted else { throw key.error("a name given twice") }
      if key.equals("__metadata__") {
        try value.forEachMember { (key, value) throws(ToklabError) in
          metadata[try key.string()] = try value.string()
        }
        return
      }
      tensors.append(try tensor(named: try key.string(), value, data: data, size: file.count))
    }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = data
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw ToklabError(
          "tensor \"\(tensor.name)\" begins at byte \(tensor.range.lowerBound - data) of the data",
          expected: "\(end - data): tensors without gap or overlap")
      }
      end = tensor.range.upperBound
    }
    guard end == file.count else {
      throw ToklabError(
        "\(file.count - data) bytes of data", expected: "\(end - data), as the header says",
        advice: "check that the file is complete")
    }
    return (tensors, metadata)
  }

  private static func tensor(
    named name: String, _ value: ByteJSON.Value, data: Int, size: Int
  ) throws(ToklabError) -> Tensor {
    var reader = try ByteJSON.ObjectReader(value, expected: "a tensor's dtype, shape and data_offsets")
    let typeValue = try reader.required("dtype")
    guard let type = TensorType(rawValue: try typeValue.string()) else {
      throw typeValue.error(
        "element type \(try typeValue.string())",
        expected: TensorType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    var shape: [Int] = []
    var bytes = type.size
    let shapeValue = try reader.required("shape")
    try shapeValue.forEachElement { (_, dimension) throws(ToklabError) in
      let extent = try dimension.integer(in: 0...Int.max)
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow, shape.count < 16 else { throw shapeValue.error("a shape too large for any file") }
      bytes = product
      shape.append(extent)
    }
    let offsets = try reader.required("data_offsets")
    let ends = try offsets.elements()
    guard ends.count == 2 else { throw offsets.error("\(ends.count) offsets", expected: "begin and end") }
    let limit = size - data
    let begin = try ends[0].integer(in: 0...limit)
    let end = try ends[1].integer(in: 0...limit)
    guard begin <= end, end - begin == bytes else {
      throw offsets.error(
        "offsets \(begin) to \(end)", expected: "\(bytes) bytes, as type and shape say")
    }
    return Tensor(name: name, type: type, shape: shape, range: data + begin..<data + end)
  }
}
