// The smallest and largest keys of runs, by columns, and how the columns of two runs are folded into those of one;
// included once for keys of 16 bits, once for those of 32. BITS is the width, KEY the type of a key, KEYS that of a
// vector of COLUMNS of them.

#define OF_BITS__(name, bits) name##bits
#define OF_BITS_(name, bits) OF_BITS__(name, bits)
#define OF_BITS(name) OF_BITS_(name, BITS)

// Of one run: those of the elements 0, COLUMNS, 2 * COLUMNS and so on, of the elements 1, COLUMNS + 1, ...
struct OF_BITS(columns) {
  KEYS low, high;
};

INLINE void OF_BITS(merge)(struct OF_BITS(columns) *columns, KEYS low, KEYS high) {
  columns->low = low < columns->low ? low : columns->low;
  columns->high = high > columns->high ? high : columns->high;
}

// The last vector ends with the run: what it has in common with the one before counts twice.
INLINE struct OF_BITS(columns) OF_BITS(columns_of)(const uint8_t *x, size_t length) {
  struct OF_BITS(columns) columns = {OF_BITS(first_key)(true), OF_BITS(first_key)(false)};
  KEYS bits;
  size_t whole = length / COLUMNS * COLUMNS;
  for (size_t i = 0; i < whole; i += COLUMNS) {
    __builtin_memcpy(&bits, x + i * sizeof(KEY), sizeof bits);
    bits = OF_BITS(keys)(bits);
    OF_BITS(merge)(&columns, bits, bits);
  }
  if (whole == length) return columns;
  if (length >= COLUMNS) {
    __builtin_memcpy(&bits, x + (length - COLUMNS) * sizeof(KEY), sizeof bits);
  } else if (length >= COLUMNS / 2) {
    __typeof__(bits.lo) first, last;
    __builtin_memcpy(&first, x, sizeof first);
    __builtin_memcpy(&last, x + (length - COLUMNS / 2) * sizeof(KEY), sizeof last);
    bits.lo = first;
    bits.hi = last;
  } else {
    KEY some[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) __builtin_memcpy(some + i, x + i % length * sizeof(KEY), sizeof(KEY));
    __builtin_memcpy(&bits, some, sizeof bits);
  }
  bits = OF_BITS(keys)(bits);
  OF_BITS(merge)(&columns, bits, bits);
  return columns;
}

// Of `n` of at most 16 runs; what else there is repeats the first.
INLINE void OF_BITS(columns_of_runs)(const uint8_t *x, size_t n, size_t length, struct OF_BITS(columns) *runs) {
  for (size_t j = 0; j < n; j++, x += length * sizeof(KEY)) runs[j] = OF_BITS(columns_of)(x, length);
  for (size_t j = n; j < LANES; j++) runs[j] = runs[0];
}

// Half the columns of `a` and half of those of `b`: each is made of two.
#define FOLD(name)                                                                                                   \
  INLINE struct OF_BITS(columns) OF_BITS(folded_##name)(struct OF_BITS(columns) a, struct OF_BITS(columns) b) {      \
    vq lows[] = {__builtin_bit_cast(vq, a.low), __builtin_bit_cast(vq, b.low)};                                      \
    vq highs[] = {__builtin_bit_cast(vq, a.high), __builtin_bit_cast(vq, b.high)};                                   \
    struct OF_BITS(columns) columns = {__builtin_bit_cast(KEYS, even_##name(lows[0], lows[1])),                      \
                                       __builtin_bit_cast(KEYS, even_##name(highs[0], highs[1]))};                   \
    OF_BITS(merge)(&columns, __builtin_bit_cast(KEYS, odd_##name(lows[0], lows[1])),                                 \
                   __builtin_bit_cast(KEYS, odd_##name(highs[0], highs[1])));                                        \
    return columns;                                                                                                  \
  }

FOLD(halves)
FOLD(quarters)
FOLD(longs)
FOLD(words)
FOLD(shorts)

#undef FOLD
#undef OF_BITS
#undef OF_BITS_
#undef OF_BITS__
#undef BITS
#undef KEY
#undef KEYS
#undef COLUMNS
