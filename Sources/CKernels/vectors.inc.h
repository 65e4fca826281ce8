// Vectors of 16 floats: loading, storing, rounding.

// Vectors are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(LANES)));
typedef uint8_t vb __attribute__((ext_vector_type(LANES)));
typedef int8_t vsb __attribute__((ext_vector_type(LANES)));
typedef int64_t vq __attribute__((ext_vector_type(LANES / 2)));
typedef int16_t vk16 __attribute__((ext_vector_type(2 * LANES)));
typedef uint8_t vb2 __attribute__((ext_vector_type(2 * LANES)));
#if QC_NATIVE
typedef _Float16 vhf __attribute__((ext_vector_type(LANES)));
#endif

INLINE vf as_float(vu bits) { return __builtin_bit_cast(vf, bits); }
INLINE vu as_bits(vf value) { return __builtin_bit_cast(vu, value); }
// Written as selections, which become one min or max instruction: the operands are never NaN.
INLINE vf smaller(vf a, vf b) { return a < b ? a : b; }
INLINE vf larger(vf a, vf b) { return a > b ? a : b; }

// Rounded once where that is one instruction.
INLINE vf multiplied_and_added(vf a, vf b, vf addend) {
#if QC_NATIVE
  return __builtin_elementwise_fma(a, b, addend);
#else
  return a * b + addend;
#endif
}

INLINE size_t element_size(enum qc_float type) { return type == QC_F32 ? 4 : 2; }

INLINE vf widen_half(vh half) {
#if QC_NATIVE
  return __builtin_convertvector(__builtin_bit_cast(vhf, half), vf);
#else
  // The half's exponent lands 112 below the float's; one exact multiplication corrects it, for
  // subnormals too. Infinity and NaN (exponent 31) are put right afterwards.
  vu bits = __builtin_convertvector(half, vu);
  vu magnitude = (bits & 0x7fff) << 13;
  vf value = as_float(magnitude) * 0x1p112f;
  vu special = (vu)(magnitude >= 0x0f800000u) & 0x7f800000u;
  return as_float(as_bits(value) | special | (bits & 0x8000) << 16);
#endif
}

INLINE vh narrow_half(vf value) {
#if QC_NATIVE
  return __builtin_bit_cast(vh, __builtin_convertvector(value, vhf));
#else
  vu bits = as_bits(value);
  vu magnitude = bits & 0x7fffffff;
  vu rebased = magnitude - (112u << 23);
  vu normal = (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
  // Adding 0.5 leaves a unit in the last place of 2^-24, a half's smallest step.
  vu subnormal = as_bits(as_float(magnitude) + 0.5f) - 0x3f000000u;
  vu code = magnitude < 0x38800000u ? subnormal : normal;
  code = magnitude >= 0x47800000u ? (vu)0x7c00 : code;
  code = magnitude > 0x7f800000u ? 0x7e00 | (magnitude >> 13 & 0x3ff) : code;
  return __builtin_convertvector(code | (bits >> 16 & 0x8000), vh);
#endif
}

INLINE vu round_to_bfloat(vf value) {
  vu bits = as_bits(value);
  vu rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (bits & 0x7fffffff) > 0x7f800000u ? bits | 0x400000u : rounded;
}

INLINE vf load(enum qc_float type, const void *x) {
  if (type == QC_F32) {
    vf value;
    __builtin_memcpy(&value, x, sizeof value);
    return value;
  }
  vh half;
  __builtin_memcpy(&half, x, sizeof half);
  if (type == QC_F16) return widen_half(half);
  return as_float(__builtin_convertvector(half, vu) << 16);
}

INLINE void store(enum qc_float type, vf value, void *out) {
  if (type == QC_F32) {
    __builtin_memcpy(out, &value, sizeof value);
    return;
  }
  vh half = type == QC_F16 ? narrow_half(value) : __builtin_convertvector(round_to_bfloat(value) >> 16, vh);
  __builtin_memcpy(out, &half, sizeof half);
}

// The value rounded to `type`, held as a float32 again.
INLINE vf rounded(enum qc_float type, vf value) {
  if (type == QC_F32) return value;
  if (type == QC_F16) return widen_half(narrow_half(value));
  return as_float(round_to_bfloat(value) & 0xffff0000u);
}

// As `rounded`, for numbers.
INLINE vf rounded_number(enum qc_float type, vf value) {
  if (type != QC_BF16) return rounded(type, value);
  vu bits = as_bits(value);
  return as_float((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

// Loads `n` of at most LANES elements; the others are 0.
INLINE vf load_some(enum qc_float type, const uint8_t *x, size_t n) {
  if (n == LANES) return load(type, x);
  uint8_t tail[LANES * 4] = {0};
  __builtin_memcpy(tail, x, n * element_size(type));
  return load(type, tail);
}

INLINE void store_some(enum qc_float type, vf value, uint8_t *out, size_t n) {
  if (n == LANES) return store(type, value, out);
  uint8_t tail[LANES * 4];
  store(type, value, tail);
  __builtin_memcpy(out, tail, n * element_size(type));
}

// The number nearest to a magnitude among those with `mantissa` bits and exponent bias `bias`, ties to the even
// code; at most the largest finite one. The low byte is the code plus float_code_start.
//
// Adding 2^(e + 23 - mantissa), where 2^e is the power of two in the magnitude, rounds it to the wanted bits, which
// then are the lowest of the sum. Below the smallest normal number, e is that of it.
INLINE vu float_code(vu magnitude, unsigned mantissa, unsigned bias) {
  vf smallest = as_float((vu)((128 - bias) << 23));
  vu anchor = as_bits(larger(as_float(magnitude & 0x7f800000u), smallest)) + ((23 - mantissa) << 23);
  vu sum = as_bits(as_float(magnitude) + as_float(anchor));
  return sum + (anchor >> (23 - mantissa));
}

INLINE int32_t float_code_start(unsigned mantissa, unsigned bias) {
  return (int32_t)((151 - mantissa - bias) << mantissa);
}

INLINE vu e4m3_of(vf value) {
  vu bits = as_bits(value), magnitude = as_bits(smaller(as_float(bits & 0x7fffffff), 448.0f));
  return float_code(magnitude, 3, 7) - float_code_start(3, 7) + (bits >> 24 & 0x80);
}

INLINE vf e4m3_value(vu bits) {
  vu magnitude = bits & 0x7f, sign = (bits & 0x80) << 24;
  vu nan = (vu)(magnitude == 0x7f) & 0x7fc00000u;
  return as_float(as_bits(as_float(magnitude << 20) * 0x1p120f) | nan | sign);
}

// The power of two with a biased exponent; 0 stands for 2^-127.
INLINE vf power_of_two(vi exponent) {
  vi bits = exponent == 0 ? (vi)0x400000 : exponent << 23;
  return __builtin_bit_cast(vf, bits);
}
