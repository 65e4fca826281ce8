// The smallest and largest value of runs and of lanes.

// Floats order like their bit patterns once those of negative numbers are reversed, so ranges and the
// search for NaN and infinity run on integers, at the width of the tensor.
INLINE int32_t key16(int16_t bits) { return (int16_t)(bits ^ (bits >> 15 & 0x7fff)); }
INLINE int32_t key32(int32_t bits) { return bits ^ (bits >> 31 & 0x7fffffff); }

INLINE float key_value(enum qc_float type, int32_t key) {
  if (type == QC_F32) return __builtin_bit_cast(float, key32(key));
  uint16_t bits = (uint16_t)key16((int16_t)key);
  if (type == QC_BF16) return __builtin_bit_cast(float, (uint32_t)bits << 16);
  vh half = (vh)bits;
  return widen_half(half)[0];
}

INLINE int32_t infinity_key(enum qc_float type) {
  return type == QC_F32 ? 0x7f800000 : type == QC_F16 ? 0x7c00 : 0x7f80;
}

INLINE void keys_of_run(enum qc_float type, const uint8_t *x, size_t length, int32_t *low, int32_t *high) {
  int32_t lowest = INT32_MAX, highest = INT32_MIN;
  size_t i = 0;
  if (type == QC_F32) {
    if (length >= LANES) {
      vi lows = INT32_MAX, highs = INT32_MIN;
      for (; i + LANES <= length; i += LANES) {
        vi key;
        __builtin_memcpy(&key, x + 4 * i, sizeof key);
        key ^= key >> 31 & 0x7fffffff;
        lows = key < lows ? key : lows;
        highs = key > highs ? key : highs;
      }
      lowest = __builtin_reduce_min(lows);
      highest = __builtin_reduce_max(highs);
    }
    for (; i < length; i++) {
      int32_t bits;
      __builtin_memcpy(&bits, x + 4 * i, 4);
      int32_t key = key32(bits);
      lowest = key < lowest ? key : lowest;
      highest = key > highest ? key : highest;
    }
  } else {
    if (length >= 2 * LANES) {
      vk16 lows = INT16_MAX, highs = INT16_MIN;
      for (; i + 2 * LANES <= length; i += 2 * LANES) {
        vk16 key;
        __builtin_memcpy(&key, x + 2 * i, sizeof key);
        key ^= key >> 15 & 0x7fff;
        lows = key < lows ? key : lows;
        highs = key > highs ? key : highs;
      }
      lowest = __builtin_reduce_min(lows);
      highest = __builtin_reduce_max(highs);
    }
    for (; i < length; i++) {
      int16_t bits;
      __builtin_memcpy(&bits, x + 2 * i, 2);
      int32_t key = key16(bits);
      lowest = key < lowest ? key : lowest;
      highest = key > highest ? key : highest;
    }
  }
  *low = lowest;
  *high = highest;
}

INLINE bool range_runs_of(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  const uint8_t *bytes = x;
  int32_t infinity = infinity_key(type);
  bool finite = true;
  for (size_t run = 0; run < runs; run++) {
    int32_t low, high;
    keys_of_run(type, bytes + run * length * element_size(type), length, &low, &high);
    finite &= high < infinity && low > ~infinity;
    float lowest = key_value(type, low), highest = key_value(type, high);
    min[run] = lowest < min[run] ? lowest : min[run];
    max[run] = highest > max[run] ? highest : max[run];
  }
  return finite;
}

INLINE bool range_lanes_of(enum qc_float type, const void *x, size_t lanes, float *min, float *max) {
  const uint8_t *bytes = x;
  vu largest = 0;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    if (n == LANES) {
      vf value = load(type, bytes + i * element_size(type)), low, high;
      __builtin_memcpy(&low, min + i, sizeof low);
      __builtin_memcpy(&high, max + i, sizeof high);
      low = smaller(value, low);
      high = larger(value, high);
      __builtin_memcpy(min + i, &low, sizeof low);
      __builtin_memcpy(max + i, &high, sizeof high);
      vu magnitude = as_bits(value) & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
    } else {
      uint8_t tail[LANES * 4] = {0};
      __builtin_memcpy(tail, bytes + i * element_size(type), n * element_size(type));
      vf value = load(type, tail);
      vu magnitude = as_bits(value) & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
      for (size_t j = 0; j < n; j++) {
        min[i + j] = value[j] < min[i + j] ? value[j] : min[i + j];
        max[i + j] = value[j] > max[i + j] ? value[j] : max[i + j];
      }
    }
  }
  return __builtin_reduce_max(largest) < 0x7f800000u;
}

// The first element of the largest magnitude, when both ends have it.
INLINE float first_extreme(enum qc_float type, const uint8_t *x, size_t length, float high) {
  for (size_t i = 0; i < length; i += LANES) {
    vf value = load_some(type, x + i * element_size(type), length - i < LANES ? length - i : LANES);
    for (size_t j = 0; j < LANES; j++) {
      if (value[j] == high || value[j] == -high) return value[j];
    }
  }
  return high;
}

INLINE bool extreme_runs_of(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  for (size_t run = 0; run < runs; run++) {
    min[run] = __builtin_inff();
    max[run] = -__builtin_inff();
  }
  if (!range_runs_of(type, x, runs, length, min, max)) return false;
  for (size_t run = 0; run < runs; run++) {
    if (-min[run] != max[run]) continue;
    const uint8_t *bytes = x;
    float first = first_extreme(type, bytes + run * length * element_size(type), length, max[run]);
    if (max[run] == 0) {
      min[run] = max[run] = first;
    } else if (first < 0) {
      max[run] = 0;
    } else {
      min[run] = 0;
    }
  }
  return true;
}
