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
    let slabCount: Int
    /// The number of items up to the end of this stage.
    var end: Int
  }

  private var stages: [Stage] = []
  private let slabsPerItem: Int

  /// The work of all tensors but those of files that are finished.
  ///
  /// Slabs of one item share writes; there are fewer of them where little work is to be shared by workers.
  init(_ plan: ConversionPlan, without finished: Set<Int> = []) {
    slabsPerItem = max(min(plan.tensors.reduce(0) { $0 + $1.slabs.count } / 64, 8), 1)
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
    let slabs = plan.tensors[tensor].slabs.count
    let end = count + (slabs + slabsPerItem - 1) / slabsPerItem
    stages.append(Stage(tensor: tensor, pass: pass, slabCount: slabs, end: end))
  }

  var count: Int { stages.last?.end ?? 0 }

  subscript(index: Int) -> WorkItem {
    let place = stages.partitioningIndex { $0.end > index }
    let start = place == 0 ? 0 : stages[place - 1].end
    let stage = stages[place]
    let first = (index - start) * slabsPerItem
    return WorkItem(
      tensor: stage.tensor, pass: stage.pass,
      slabs: first..<min(first + slabsPerItem, stage.slabCount))
  }
}
