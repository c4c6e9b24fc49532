import Tokenizers

/// Writes a safetensors file: tensors in the given order, data aligned to 8 bytes, nothing of time or place.
public struct SafetensorsWriter {
  public struct Entry {
    var name: String
    var type: TensorType
    var shape: [Int]
    var body: (borrowing AtomicFile.Writer) throws(ToklabError) -> Void
  }

  private var entries: [Entry] = []
  /// Sorted by key when written.
  public var metadata: [String: String]

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds a tensor whose little-endian bytes `body` writes when the file is made.
  public mutating func add(
    _ name: String, _ type: TensorType, shape: [Int],
    writing body: @escaping (borrowing AtomicFile.Writer) throws(ToklabError) -> Void
  ) {
    entries.append(Entry(name: name, type: type, shape: shape, body: body))
  }

  /// Adds a tensor of raw little-endian bytes.
  public mutating func add(_ name: String, _ type: TensorType, shape: [Int], bytes: [UInt8]) {
    precondition(bytes.count == shape.reduce(type.size, *))
    add(name, type, shape: shape) { (writer) throws(ToklabError) in try writer.write(bytes) }
  }

  public mutating func add(_ name: String, _ values: [Double], shape: [Int]? = nil) {
    add(name, .f64, shape: shape ?? [values.count], bytes: Self.bytes(values.map(\.bitPattern)))
  }

  public mutating func add(_ name: String, _ values: [Float], shape: [Int]? = nil) {
    add(name, .f32, shape: shape ?? [values.count], bytes: Self.bytes(values.map(\.bitPattern)))
  }

  public mutating func add(_ name: String, _ values: [UInt32], shape: [Int]? = nil) {
    add(name, .u32, shape: shape ?? [values.count], bytes: Self.bytes(values))
  }

  public mutating func add(_ name: String, _ values: [Int64], shape: [Int]? = nil) {
    add(name, .i64, shape: shape ?? [values.count], bytes: Self.bytes(values))
  }

  static func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
    let size = MemoryLayout<Value>.size
    return [UInt8](unsafeUninitializedCapacity: values.count * size) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      for (index, value) in values.enumerated() {
        raw.storeBytes(of: value.littleEndian, toByteOffset: index * size, as: Value.self)
      }
      count = values.count * size
    }
  }

  /// The header with its length, as it begins the file.
  public func header() -> [UInt8] {
    var json = JSONWriter(pretty: false)
    json.beginObject()
    if !metadata.isEmpty {
      json.key("__metadata__")
      json.beginObject()
      for (key, value) in metadata.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) }) {
        json.key(key)
        json.string(value)
      }
      json.endObject()
    }
    var offset = 0
    for entry in entries {
      json.key(entry.name)
      json.beginObject()
      json.key("dtype")
      json.string(entry.type.rawValue)
      json.key("shape")
      json.beginArray()
      for extent in entry.shape { json.integer(extent) }
      json.endArray()
      json.key("data_offsets")
      json.beginArray()
      json.integer(offset)
      offset += entry.shape.reduce(entry.type.size, *)
      json.integer(offset)
      json.endArray()
      json.endObject()
    }
    json.endObject()
    var bytes = json.bytes
    while bytes.count % 8 != 0 { bytes.append(0x20) }
    return Self.bytes([UInt64(bytes.count)]) + bytes
  }

  /// Writes the file; it appears whole or not at all.
  public func write(to path: String) throws(ToklabError) {
    try AtomicFile.write(path) { (writer) throws(ToklabError) in
      try writer.write(header())
      for entry in entries { try entry.body(writer) }
    }
  }
}
