/// One slab of one tensor, in one pass.
struct WorkItem: Hashable, Sendable {
  enum Pass: Sendable {
    /// Finds ranges, where groups reach beyond a slab.
    case range
    /// Writes entries.
    case write
  }

  let tensor: Int
  let pass: Pass
  let slab: Int
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

  /// The work of all tensors but those of files that are finished.
  init(_ plan: ConversionPlan, without finished: Set<Int> = []) {
    var waiting: Int?
    for (index, tensor) in plan.tensors.enumerated()
    where finished.isEmpty || !tensor.files.allSatisfy(finished.contains) {
      if tensor.slabs.needsRangePass {
        append(index, .range, plan)
        if let waiting { append(waiting, .write, plan) }
        waiting = index
      } else {
        append(index, .write, plan)
      }
    }
    if let waiting { append(waiting, .write, plan) }
  }

  private mutating func append(_ tensor: Int, _ pass: WorkItem.Pass, _ plan: ConversionPlan) {
    let count = plan.tensors[tensor].slabs.count
    stages.append(Stage(tensor: tensor, pass: pass, end: self.count + count))
  }

  var count: Int { stages.last?.end ?? 0 }

  subscript(index: Int) -> WorkItem {
    let stage = stages.partitioningIndex { $0.end > index }
    let start = stage == 0 ? 0 : stages[stage - 1].end
    return WorkItem(
      tensor: stages[stage].tensor, pass: stages[stage].pass, slab: index - start)
  }
}
