// The smallest and largest value of runs and of lanes.

// Floats order like their bit patterns once those of negative numbers are reversed, so ranges and the
// search for NaN and infinity run on integers, at the width of the tensor.
INLINE vk16 keys16(vk16 bits) { return bits ^ (bits >> 15 & 0x7fff); }
INLINE vi keys32(vi bits) { return bits ^ (bits >> 31 & 0x7fffffff); }
INLINE int16_t first_key16(bool low) { return low ? INT16_MAX : INT16_MIN; }
INLINE int32_t first_key32(bool low) { return low ? INT32_MAX : INT32_MIN; }

// The even and the odd parts of two vectors: halves and quarters of a vector, and within each quarter its longs, the
// pairs of its words, and of its shorts. Each is an instruction or two, wherever quarters are the registers.
INLINE vq even_halves(vq a, vq b) { return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11); }
INLINE vq odd_halves(vq a, vq b) { return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15); }
INLINE vq even_quarters(vq a, vq b) { return __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13); }
INLINE vq odd_quarters(vq a, vq b) { return __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15); }
INLINE vq even_longs(vq a, vq b) { return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14); }
INLINE vq odd_longs(vq a, vq b) { return __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15); }

INLINE vq even_words(vq a, vq b) {
  vu x = __builtin_bit_cast(vu, a), y = __builtin_bit_cast(vu, b);
  return __builtin_bit_cast(
      vq, __builtin_shufflevector(x, y, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30));
}

INLINE vq odd_words(vq a, vq b) {
  vu x = __builtin_bit_cast(vu, a), y = __builtin_bit_cast(vu, b);
  return __builtin_bit_cast(
      vq, __builtin_shufflevector(x, y, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31));
}

// Those of `a` and those of `b` take turns.
INLINE vq even_shorts(vq a, vq b) {
  vu x = __builtin_bit_cast(vu, a), y = __builtin_bit_cast(vu, b);
  return __builtin_bit_cast(vq, (x & 0xffff) | y << 16);
}

INLINE vq odd_shorts(vq a, vq b) {
  vu x = __builtin_bit_cast(vu, a), y = __builtin_bit_cast(vu, b);
  return __builtin_bit_cast(vq, x >> 16 | (y & 0xffff0000u));
}

#define BITS 16
#define KEY int16_t
#define KEYS vk16
#define COLUMNS (2 * LANES)
#include "columns.inc.h"

#define BITS 32
#define KEY int32_t
#define KEYS vi
#define COLUMNS LANES
#include "columns.inc.h"

// Of 16 runs, a key each, in their order.
INLINE struct columns32 folded16(const struct columns16 *runs) {
  struct columns16 eights[2];
  for (size_t i = 0; i < 2; i++, runs += 8) {
    struct columns16 even = folded_words16(folded_longs16(runs[0], runs[2]), folded_longs16(runs[4], runs[6]));
    struct columns16 odd = folded_words16(folded_longs16(runs[1], runs[3]), folded_longs16(runs[5], runs[7]));
    eights[i] = folded_shorts16(even, odd);
  }
  struct columns16 halves = folded_halves16(eights[0], eights[1]), all = folded_quarters16(halves, halves);
  return (struct columns32){__builtin_convertvector(all.low.lo, vi), __builtin_convertvector(all.high.lo, vi)};
}

INLINE struct columns32 folded32(const struct columns32 *runs) {
  struct columns32 fours[4];
  for (size_t i = 0; i < 4; i++, runs += 4) {
    fours[i] = folded_words32(folded_longs32(runs[0], runs[1]), folded_longs32(runs[2], runs[3]));
  }
  return folded_quarters32(folded_halves32(fours[0], fours[1]), folded_halves32(fours[2], fours[3]));
}

// The smallest and largest keys of `n` of at most 16 runs, with the first for those that are not there.
INLINE struct columns32 run_keys(enum qc_float type, const uint8_t *x, size_t n, size_t length) {
  if (type == QC_F32) {
    struct columns32 runs[LANES];
    columns_of_runs32(x, n, length, runs);
    return folded32(runs);
  }
  struct columns16 runs[LANES];
  columns_of_runs16(x, n, length, runs);
  return folded16(runs);
}

INLINE vf key_values(enum qc_float type, vi keys) {
  if (type == QC_F32) return __builtin_bit_cast(vf, keys32(keys));
  vu bits = __builtin_bit_cast(vu, keys ^ (keys >> 15 & 0x7fff));
  return type == QC_BF16 ? as_float(bits << 16) : widen_half(__builtin_convertvector(bits, vh));
}

INLINE int32_t infinity_key(enum qc_float type) {
  return type == QC_F32 ? 0x7f800000 : type == QC_F16 ? 0x7c00 : 0x7f80;
}

INLINE bool range_runs_of(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  const uint8_t *bytes = x;
  int32_t infinity = infinity_key(type);
  vi finite = -1;
  for (size_t run = 0; run < runs; run += LANES) {
    size_t n = runs - run < LANES ? runs - run : LANES;
    struct columns32 keys = run_keys(type, bytes + run * length * element_size(type), n, length);
    finite &= (keys.high < infinity) & (keys.low > ~infinity);
    vf low = load_some(QC_F32, (const uint8_t *)(min + run), n);
    vf high = load_some(QC_F32, (const uint8_t *)(max + run), n);
    store_some(QC_F32, smaller(key_values(type, keys.low), low), (uint8_t *)(min + run), n);
    store_some(QC_F32, larger(key_values(type, keys.high), high), (uint8_t *)(max + run), n);
  }
  return __builtin_reduce_and(finite);
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
