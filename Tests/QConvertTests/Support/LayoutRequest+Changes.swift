@testable import QConvert

/// A request that says what a function sets.
func request(_ change: (inout LayoutRequest) -> Void) -> LayoutRequest {
  var request = LayoutRequest()
  change(&request)
  return request
}
