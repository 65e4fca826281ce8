// Arrays of parameters, from and to the types in which they are stored.

#define FOR_ARRAY(count, body)                                                 \
  for (size_t i = 0; i < (count); i += LANES) {                                \
    size_t n = (count) - i < LANES ? (count) - i : LANES;                      \
    body                                                                       \
  }

static void narrow(enum qc_float type, const float *x, size_t count, void *out) {
  uint8_t *bytes = out;
  FOR_ARRAY(count, {
    vf value = load_some(QC_F32, (const uint8_t *)(x + i), n);
    FOR_FLOAT(type, store_some(T, value, bytes + i * element_size(T), n))
  })
}

static void widen(enum qc_float type, const void *x, size_t count, float *out) {
  const uint8_t *bytes = x;
  FOR_ARRAY(count, {
    vf value = 0;
    FOR_FLOAT(type, value = load_some(T, bytes + i * element_size(T), n))
    store_some(QC_F32, value, (uint8_t *)(out + i), n);
  })
}

INLINE void store_bytes(vu bits, uint8_t *out, size_t n) {
  vb bytes = __builtin_convertvector(bits, vb);
  __builtin_memcpy(out, &bytes, n);
}

INLINE vu load_bytes(const uint8_t *x, size_t n) {
  vb bytes = 0;
  __builtin_memcpy(&bytes, x, n);
  return __builtin_convertvector(bytes, vu);
}

static void narrow_e4m3(const float *x, size_t count, uint8_t *out) {
  FOR_ARRAY(count, store_bytes(e4m3_of(load_some(QC_F32, (const uint8_t *)(x + i), n)), out + i, n);)
}

static void widen_e4m3(const uint8_t *x, size_t count, float *out) {
  FOR_ARRAY(count, store_some(QC_F32, e4m3_value(load_bytes(x + i, n)), (uint8_t *)(out + i), n);)
}

static void narrow_e8m0(const float *x, size_t count, uint8_t *out) {
  FOR_ARRAY(count, store_bytes(as_bits(load_some(QC_F32, (const uint8_t *)(x + i), n)) >> 23 & 0xff, out + i, n);)
}

static void widen_e8m0(const uint8_t *x, size_t count, float *out) {
  FOR_ARRAY(count, {
    vu bytes = load_bytes(x + i, n);
    vf value = power_of_two(__builtin_bit_cast(vi, bytes));
    value = bytes == 255 ? as_float((vu)0x7fc00000u) : value;
    store_some(QC_F32, value, (uint8_t *)(out + i), n);
  })
}

static void narrow_i8(const int32_t *x, size_t count, uint8_t *out) {
  FOR_ARRAY(count, store_bytes(as_bits(load_some(QC_F32, (const uint8_t *)(x + i), n)), out + i, n);)
}

static void widen_i8(const uint8_t *x, size_t count, int32_t *out) {
  for (size_t i = 0; i < count; i++) out[i] = (int8_t)x[i];
}
