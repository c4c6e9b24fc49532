import Tokenizers

/// A GGUF file: metadata, and tensors mapped into memory.
///
/// Source of the layout: ggml-org/ggml, `docs/gguf.md`. Every count, size and offset of the file is checked
/// before it is used; tensors must lie in the file, aligned and without overlap.
public struct GGUFModelFile: Sendable {
  public struct Tensor: Sendable, Hashable {
    public var name: String
    /// The file's code of the element type.
    public var code: UInt32
    /// Extents with the longest stride first, as in safetensors: rows before columns. The file has them the
    /// other way round.
    public var shape: [Int]
    /// Where its bytes lie in the file; for a type that is not read, up to the next tensor.
    public var range: Range<Int>

    /// The type, or nil for one whose numbers toklab does not read.
    public var type: BlockType? { BlockType(rawValue: code) }
    public var typeName: String { type?.name ?? "type \(code)" }
  }

  public let path: String
  public let file: MappedFile
  package let metadata: GGUFMetadata
  /// In the order of the file.
  public let tensors: [Tensor]
  /// Where the tensors' data begins, and the multiple at which each tensor begins.
  package let dataStart: Int
  package let alignment: Int
  private let byName: [String: Int]

  /// The most metadata that is read.
  static let metadataLimit = 1 << 28

  /// - Throws: ``ToklabError`` naming what does not fit.
  public init(_ path: String) throws(ToklabError) {
    self.path = path
    file = try MappedFile(path)
    do throws(ToklabError) {
      // Metadata are mostly a few megabytes; a file that has more is read again.
      let first = min(file.count, 1 << 25)
      let head: GGUFMetadata
      do throws(ToklabError) { head = try GGUFMetadata(Array(file.bytes(0..<first))) } catch {
        guard file.count > first, file.bytes(0..<4).elementsEqual("GGUF".utf8) else { throw error }
        head = try GGUFMetadata(Array(file.bytes(0..<min(file.count, Self.metadataLimit))))
      }
      metadata = head
      alignment = try head.integer("general.alignment", in: 1...1 << 20) ?? 32
      var reader = Reader(file: file, position: head.end)
      (tensors, dataStart) = try reader.tensors(count: head.tensorCount, alignment: alignment)
    } catch { throw error.in(path) }
    byName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  public func tensor(_ name: String) -> Tensor? { byName[name].map { tensors[$0] } }

  /// Whether a file begins as GGUF does.
  public static func isOne(_ path: String) -> Bool {
    guard let file = try? MappedFile(path), file.count >= 4 else { return false }
    return file.bytes(0..<4).elementsEqual("GGUF".utf8)
  }

  /// The tokenizer of the metadata.
  public func tokenizer() throws(ToklabError) -> TokenizerDefinition {
    do throws(ToklabError) { return try GGUFTokenizer.read(metadata) } catch { throw error.in(path) }
  }

  private struct Reader {
    let file: MappedFile
    var position: Int

    mutating func integer(_ size: Int) throws(ToklabError) -> UInt64 {
      guard file.count - position >= size else {
        throw ToklabError(at: .byte(file.count), "the end of the file", expected: "the list of tensors")
      }
      var value: UInt64 = 0
      for (index, byte) in file.bytes(position..<position + size).enumerated() {
        value |= UInt64(byte) << UInt64(8 * index)
      }
      position += size
      return value
    }

    mutating func tensors(count: Int, alignment: Int) throws(ToklabError) -> ([Tensor], Int) {
      // An entry takes at least 24 bytes.
      guard count <= (file.count - position) / 24 else {
        throw ToklabError(
          at: .byte(8), "\(count) tensors where \(file.count - position) bytes are left",
          expected: "a whole file")
      }
      var found: [(tensor: Tensor, offset: Int, at: Int)] = []
      var names: Set<[UInt8]> = []
      for _ in 0..<count {
        let at = position
        let (tensor, name, offset) = try entry()
        guard names.insert(name).inserted else {
          throw ToklabError(at: .byte(at), "the tensor \(tensor.name) a second time", expected: "each once")
        }
        guard offset % alignment == 0 else {
          throw ToklabError(
            at: .byte(at), "tensor \(tensor.name) at offset \(offset)",
            expected: "a multiple of \(alignment)")
        }
        found.append((tensor, offset, at))
      }
      let (padded, overflow) = position.addingReportingOverflow(alignment - 1)
      let start = overflow ? file.count : padded / alignment * alignment
      for index in found.indices {
        let (tensor, offset, at) = found[index]
        let length = tensor.range.count
        guard start <= file.count, offset <= file.count - start, length <= file.count - start - offset else {
          throw ToklabError(
            at: .byte(at), "tensor \(tensor.name) of \(length) bytes at offset \(offset)",
            expected: "tensors that lie in the file", advice: "check that the file is complete")
        }
        found[index].tensor.range = start + offset..<start + offset + length
      }
      let order = found.indices.sorted {
        let (one, other) = (found[$0].tensor.range, found[$1].tensor.range)
        return (one.lowerBound, one.upperBound, $0) < (other.lowerBound, other.upperBound, $1)
      }
      for (place, index) in order.enumerated() {
        let next = place + 1 < order.count ? found[order[place + 1]].tensor.range.lowerBound : file.count
        let range = found[index].tensor.range
        if found[index].tensor.type == nil { found[index].tensor.range = range.lowerBound..<next }
        guard range.upperBound <= next else {
          throw ToklabError(
            at: .byte(found[index].at), "tensor \(found[index].tensor.name) overlaps the next",
            expected: "tensors of their own")
        }
      }
      return (found.map(\.tensor), start)
    }

    /// A tensor whose range has the right length and begins at 0.
    private mutating func entry() throws(ToklabError) -> (Tensor, [UInt8], Int) {
      let at = position
      let length = try integer(8)
      guard length <= 1 << 16, Int(length) <= file.count - position else {
        throw ToklabError(at: .byte(at), "a name of \(length) bytes", expected: "the name of a tensor")
      }
      let bytes = Array(file.bytes(position..<position + Int(length)))
      let name = String(decoding: bytes, as: UTF8.self)
      position += Int(length)
      let dimensions = try integer(4)
      guard dimensions <= 4 else {
        throw ToklabError(at: .byte(at), "tensor \(name) of \(dimensions) dimensions", expected: "at most 4")
      }
      var shape: [Int] = []
      var elements = 1
      for _ in 0..<dimensions {
        let extent = try integer(8)
        let (product, overflow) = elements.multipliedReportingOverflow(by: Int(clamping: extent))
        guard extent <= UInt64(Int.max), !overflow else {
          throw ToklabError(at: .byte(at), "tensor \(name) larger than any file", expected: "a GGUF file")
        }
        elements = product
        shape.insert(Int(extent), at: 0)
      }
      let code = UInt32(try integer(4))
      let offset = try integer(8)
      guard offset <= UInt64(Int.max) else {
        throw ToklabError(
          at: .byte(at), "tensor \(name) at offset \(offset)", expected: "a place in the file")
      }
      var bytesOfData = 0
      if let type = BlockType(rawValue: code) {
        let columns = shape.last ?? 1
        guard columns % type.length == 0 else {
          throw ToklabError(
            at: .byte(at), "tensor \(name) of type \(type.name) with rows of \(columns)",
            expected: "rows of a multiple of \(type.length)")
        }
        let (size, overflow) = (elements / type.length).multipliedReportingOverflow(by: type.size)
        guard !overflow else {
          throw ToklabError(at: .byte(at), "tensor \(name) larger than any file", expected: "a GGUF file")
        }
        bytesOfData = size
      }
      return (Tensor(name: name, code: code, shape: shape, range: 0..<bytesOfData), bytes, Int(offset))
    }
  }
}
