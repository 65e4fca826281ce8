/// Consecutive slabs of one tensor, in one pass.
struct WorkItem: Hashable, Sendable {
  enum Pass: Sendable {
    /// Finds ranges, where groups reach beyond a slab.
    case range
    /// Writes entries.
    case write
  }

  let tensor: Int
  let pass: Pass
  let slabs: Range<Int>
}

/// The work of a plan in the order in which workers take it up.
///
/// The range pass of a tensor comes before its write pass, with the next such tensor's range pass between
/// them: nobody waits long for the last slabs of the range pass.
struct WorkSchedule: Sendable {
  private struct Stage {
    let tensor: Int
    let pass: WorkItem.Pass
    /// The number of items up to the end of this stage.
    var end: Int
  }

  private var stages: [Stage] = []
  private let slabCounts: [Int]
  private let slabsPerItem: Int

  /// The work of all tensors but those of files that are finished.
  ///
  /// Slabs of one item share writes; there are fewer of them where little work is to be shared by workers.
  init(_ plan: ConversionPlan, without finished: Set<Int> = []) {
    slabCounts = plan.tensors.map { $0.slabs.count }
    slabsPerItem = max(min(slabCounts.reduce(0, +) / 64, 8), 1)
    var waiting: Int?
    for (index, tensor) in plan.tensors.enumerated()
    where finished.isEmpty || !tensor.files.allSatisfy(finished.contains) {
      if tensor.slabs.needsRangePass {
        append(index, .range)
        if let waiting { append(waiting, .write) }
        waiting = index
      } else {
        append(index, .write)
      }
    }
    if let waiting { append(waiting, .write) }
  }

  private mutating func append(_ tensor: Int, _ pass: WorkItem.Pass) {
    let count = (slabCounts[tensor] + slabsPerItem - 1) / slabsPerItem
    stages.append(Stage(tensor: tensor, pass: pass, end: self.count + count))
  }

  var count: Int { stages.last?.end ?? 0 }

  subscript(index: Int) -> WorkItem {
    let stage = stages.partitioningIndex { $0.end > index }
    let first = (index - (stage == 0 ? 0 : stages[stage - 1].end)) * slabsPerItem
    let tensor = stages[stage].tensor
    return WorkItem(
      tensor: tensor, pass: stages[stage].pass,
      slabs: first..<min(first + slabsPerItem, slabCounts[tensor]))
  }
}
