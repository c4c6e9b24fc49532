/// A token's number in its vocabulary. Below 2²¹ in every model toklab runs (see ``MergeTable``).
public typealias TokenID = UInt32
