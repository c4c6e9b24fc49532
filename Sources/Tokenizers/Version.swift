/// The version of toklab: what `--version` prints and what result files record.
public enum ToklabVersion {
  public static let current = "0.1.0"
}
