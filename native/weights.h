// Weights in the layout of one instruction set, written over its vectors.
#pragma once

#include <cstdlib>
#include <cstring>

#include "functions.h"
#include "kernel.h"

namespace {

using sentiflux::DirectionWeights;

constexpr int GATES = 4;
/** Activations that one instruction multiplies and adds up. */
constexpr int GROUP = 4;
/** The byte of an activation that is zero. */
constexpr int ZERO = 128;
constexpr float LARGEST = 127;
constexpr float SMALLEST = 1e-30f;

constexpr size_t roundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/** Memory that is given back when it is left, aligned for vectors and zero at first. */
template <typename Value>
struct Array {
  Value* values = nullptr;
  size_t size = 0;

  bool allocate(size_t count) {
    std::free(values);
    const size_t bytes = roundUp(count * sizeof(Value), 64);
    values = static_cast<Value*>(std::aligned_alloc(64, bytes));
    size = values == nullptr ? 0 : count;
    if (values != nullptr) std::memset(values, 0, bytes);
    return values != nullptr;
  }
  ~Array() { std::free(values); }
  Value* operator+(size_t offset) const { return values + offset; }
  Value& operator[](size_t index) const { return values[index]; }
};

/**
 * Each token's embedding as bytes with a scale of its own, so that it is the same whatever stands beside it: a quarter
 * of the floats, of which more stays in the caches.
 */
struct EmbeddingTable {
  int bytes;              // of a token, in whole vectors
  Array<uint8_t> values;  // [vocabulary, bytes]
  Array<float> scales;    // [vocabulary]

  bool quantise(const float* table, int vocabulary, int embedding) {
    bytes = static_cast<int>(roundUp(embedding, LANES));
    if (!values.allocate(static_cast<size_t>(vocabulary) * bytes) || !scales.allocate(vocabulary)) return false;
    for (int token = 0; token < vocabulary; token++)
      quantiseToken(table + static_cast<size_t>(token) * embedding, embedding, token);
    return true;
  }

 private:
  void quantiseToken(const float* embedded, int embedding, int token) {
    const int whole = embedding / LANES * LANES;
    alignas(64) float rest[LANES] = {};
    std::memcpy(rest, embedded + whole, (embedding - whole) * sizeof(float));
    Floats magnitudes = Vector::absolute(Vector::load(rest));
    for (int k = 0; k < whole; k += LANES)
      magnitudes = Vector::maximum(magnitudes, Vector::absolute(Vector::load(embedded + k)));
    const float largest = Vector::largest(magnitudes);
    // An embedding of zeros, or of next to nothing, has no scale that could be divided by.
    const Floats factor = Vector::broadcast(largest > SMALLEST ? LARGEST / largest : 0);
    scales[token] = largest / LARGEST;
    uint8_t* to = values + static_cast<size_t>(token) * bytes;
    for (int k = 0; k < whole; k += LANES)
      Vector::storeBytes(to + k, Vector::multiply(Vector::load(embedded + k), factor));
    if (whole < embedding) Vector::storeBytes(to + whole, Vector::multiply(Vector::load(rest), factor));
  }
};

/** Columns of four gates in tiles of `LANES` units, [unit tiles, gates, lanes]; missing units are zero. */
void packColumns(const float* columns, int hidden, float factor, Array<float>& packed) {
  for (int unit = 0; unit < hidden; unit++)
    for (int gate = 0; gate < GATES; gate++)
      packed[(unit / LANES * GATES + gate) * LANES + unit % LANES] = columns[gate * hidden + unit] * factor;
}

/** A matrix that multiplies bytes of activations. */
struct PackedMatrix {
  int groups;            // of activations
  Array<int8_t> values;  // [unit tiles, groups, gates, lanes, GROUP]
  Array<int32_t> start;  // [unit tiles, gates, lanes]: takes away what the byte of zero adds
  Array<float> scales;   // [unit tiles, gates, lanes]

  bool pack(const int8_t* matrix, const float* columnScales, int rows, int hidden, float scaleFactor) {
    groups = static_cast<int>(roundUp(rows, GROUP)) / GROUP;
    const size_t columns = roundUp(hidden, LANES) * GATES;
    if (!values.allocate(columns * groups * GROUP) || !start.allocate(columns) || !scales.allocate(columns))
      return false;
    packColumns(columnScales, hidden, scaleFactor, scales);
    for (int row = 0; row < rows; row++) {
      for (int gate = 0; gate < GATES; gate++) {
        for (int unit = 0; unit < hidden; unit++) {
          const int8_t weight = matrix[(static_cast<size_t>(row) * GATES + gate) * hidden + unit];
          const size_t column = static_cast<size_t>(gate) * LANES + unit % LANES;
          ofTile(unit / LANES)[(row / GROUP * GATES * LANES + column) * GROUP + row % GROUP] = weight;
          start[unit / LANES * GATES * LANES + column] -= ZERO * weight;
        }
      }
    }
    return true;
  }

  /** The weights of a tile of units, [groups, gates, lanes, GROUP]. */
  int8_t* ofTile(size_t tile) const { return values + tile * groups * GATES * LANES * GROUP; }
};

struct Direction {
  PackedMatrix input;
  PackedMatrix recurrent;
  Array<float> bias;       // [unit tiles, gates, lanes]
  Array<float> attention;  // [units]

  bool pack(const DirectionWeights& weights, const float* attentionWeights, int embedding, int hidden) {
    const size_t units = roundUp(hidden, LANES);
    if (!input.pack(weights.input, weights.input_scales, embedding, hidden, 1)) return false;
    // A state is a whole number of 127ths.
    constexpr float STATE_SCALE = 1 / LARGEST;
    if (!recurrent.pack(weights.recurrent, weights.recurrent_scales, hidden, hidden, STATE_SCALE)) return false;
    if (!bias.allocate(units * GATES) || !attention.allocate(units)) return false;
    packColumns(weights.bias, hidden, 1, bias);
    std::memcpy(attention.values, attentionWeights, hidden * sizeof(float));
    return true;
  }
};

}  // namespace
