/// Whose rules a model of SentencePiece follows where releases differ.
///
/// Unigram: both keep a path's sum in single precision. 0.2.0 compares a candidate before it is rounded and scores a
/// user-defined piece of n bytes n · (the largest score) − 0.1; 0.2.3 compares rounded sums, so that more
/// candidates tie and the one that starts first wins, scores it 0.1 · (n − 1), and takes the sum so far from all
/// that is open whenever its magnitude passes 100,000.
///
/// BPE: an unused piece that no merge made stands for itself in 0.2.0 and is unknown in 0.2.3, where a score of
/// −0 is below one of 0.
public enum SentencePieceRelease: Sendable, Hashable, CaseIterable {
  case v020, v023
}
