// What values differ from the elements that they stand for.

INLINE double lane_sum(vf lanes) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += lanes[i];
  return sum;
}

// Whether float32 has room for a sum of squares and for what it is made of.
INLINE bool is_exact_enough(double sum) { return sum == 0 || (sum > 1e-30 && sum < 1e30); }

INLINE void errors_of_block(enum qc_float type, const uint8_t *x, const float *values, const uint8_t *codes,
                            size_t count, uint8_t lowest, uint8_t highest, struct qc_errors *sums) {
  vf error = 0, signal = 0, value = 0, product = 0, largest = 0;
  vi clipped = 0;
  for (size_t i = 0; i < count; i += LANES) {
    size_t n = count - i < LANES ? count - i : LANES;
    vf original, stored = 0;
    vb code = 0;
    if (n == LANES) {
      original = load(type, x + i * element_size(type));
      __builtin_memcpy(&stored, values + i, sizeof stored);
      __builtin_memcpy(&code, codes + i, sizeof code);
    } else {
      // Zeros beyond the end add nothing: no zero is beyond a zero.
      uint8_t tail[LANES * 4] = {0};
      __builtin_memcpy(tail, x + i * element_size(type), n * element_size(type));
      original = load(type, tail);
      __builtin_memcpy(&stored, values + i, n * sizeof *values);
      __builtin_memcpy(&code, codes + i, n);
    }
    vf difference = original - stored;
    error += difference * difference;
    signal += original * original;
    value += stored * stored;
    product += original * stored;
    largest = larger(largest, as_float(as_bits(difference) & 0x7fffffff));
    vi wide = __builtin_convertvector(code, vi);
    clipped -= ((wide == (vi)highest) & (difference > 0)) | ((wide == (vi)lowest) & (difference < 0));
  }
  sums->clipped += (size_t)__builtin_reduce_add(clipped);
  double most = __builtin_reduce_max(largest);
  sums->largest = most > sums->largest ? most : sums->largest;
  struct qc_errors block = {lane_sum(error), lane_sum(signal), lane_sum(value), lane_sum(product), 0, 0};
  if (!is_exact_enough(block.squared_error) || !is_exact_enough(block.squared_signal) || block.squared_error == 0) {
    block = (struct qc_errors){0};
    for (size_t i = 0; i < count; i++) {
      uint8_t one[LANES * 4] = {0};
      __builtin_memcpy(one, x + i * element_size(type), element_size(type));
      double original = load(type, one)[0], stored = values[i];
      block.squared_error += (original - stored) * (original - stored);
      block.squared_signal += original * original;
      block.squared_value += stored * stored;
      block.product += original * stored;
    }
  }
  sums->squared_error += block.squared_error;
  sums->squared_signal += block.squared_signal;
  sums->squared_value += block.squared_value;
  sums->product += block.product;
}

static void errors(enum qc_float type, const void *x, const float *values, const uint8_t *codes, size_t count,
                   uint8_t lowest, uint8_t highest, struct qc_errors *sums) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < count; i += 1024) {
    size_t n = count - i < 1024 ? count - i : 1024;
    FOR_FLOAT(type, errors_of_block(T, bytes + i * element_size(T), values + i, codes + i, n, lowest, highest, sums);)
  }
}
