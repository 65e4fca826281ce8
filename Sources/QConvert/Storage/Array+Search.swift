extension Array {
  /// The index of the first element of which a predicate holds that holds of all after it, too; the
  /// number of elements where it holds of none.
  func partitioningIndex(where holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
