import Foundation

/// ``ReferenceLibrary`` and ``TestPaths`` for tests that work with Foundation's types.
public enum Peer {
  /// What `Tests/Peers/SCRIPT ARGUMENTS` writes when it is given `input`.
  public static func run(_ script: String, _ arguments: [String] = [], input: Data) throws -> Data {
    Data(try ReferenceLibrary.run(script, arguments, input: Array(input)))
  }
}

/// The data for developers that is not shipped; suites that use it have "Shared" in their names.
public enum Shared {
  public static func data(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: TestPaths.shared + "/data/" + path))
  }
}
