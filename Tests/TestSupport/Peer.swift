import Foundation

/// Runs the Python scripts in Tests/Peers, which ask the reference libraries.
public enum Peer {
  /// The root of the package.
  public static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The interpreter with the reference libraries: `TOKLAB_VENV`, else `.venv` in the package.
  public static let python: URL = {
    let folder = ProcessInfo.processInfo.environment["TOKLAB_VENV"].map { URL(filePath: $0) }
    return (folder ?? root.appending(path: ".venv")).appending(path: "bin/python")
  }()

  /// What `Tests/Peers/SCRIPT ARGUMENTS` writes when it is given `input`.
  public static func run(_ script: String, _ arguments: [String] = [], input: Data) throws -> Data {
    let folder = FileManager.default.temporaryDirectory.appending(path: "toklab-peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files, not pipes: nothing can block on a full one.
    let inputFile = folder.appending(path: "in")
    let outputFile = folder.appending(path: "out")
    try input.write(to: inputFile)
    try Data().write(to: outputFile)
    let process = Process()
    process.executableURL = python
    process.arguments = [root.appending(path: "Tests/Peers/\(script)").path] + arguments
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(script: script, status: process.terminationStatus)
    }
    return try Data(contentsOf: outputFile)
  }

  public struct Failure: Error {
    public let script: String
    public let status: Int32
  }
}

/// The data for developers that is not shipped; suites that use it have "Shared" in their names.
public enum Shared {
  public static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["TOKLAB_SHARED"] { return URL(filePath: path) }
    return Peer.root.deletingLastPathComponent().appending(path: "shared")
  }()

  public static func data(_ path: String) throws -> Data {
    try Data(contentsOf: folder.appending(path: "data/\(path)"))
  }
}
