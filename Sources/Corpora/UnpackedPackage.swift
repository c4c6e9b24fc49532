/// A Debian package that was downloaded and unpacked, and what identifies it.
public struct UnpackedPackage: Sendable, Hashable {
  public var name: String
  public var version: String
  /// SHA-256 of the package file, in hexadecimal.
  public var sha256: String
  /// Where its files lie.
  public var folder: String

  public init(name: String, version: String, sha256: String, folder: String) {
    self.name = name
    self.version = version
    self.sha256 = sha256
    self.folder = folder
  }
}
