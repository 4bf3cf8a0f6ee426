// The network, written over the vectors of one instruction set: included by one file for each, after its vectors.
//
// Nothing here may use templates or inline functions of the C++ library: the linker keeps one copy of each, and that could
// be the one with instructions that the machine lacks. What is defined here is unnamed, so each file has its own.
#pragma once

#include <cstdlib>
#include <cstring>

#include "kernel.h"

namespace {

using sentiflux::Batch;
using sentiflux::DirectionWeights;
using sentiflux::Kernel;
using sentiflux::NetworkWeights;
using Floats = Vector::Floats;
using Integers = Vector::Integers;

constexpr int LANES = Vector::lanes;
constexpr int GATES = 4;
constexpr int DIRECTIONS = 2;
constexpr int LABELS = 3;
/** Activations that one instruction multiplies and adds up. */
constexpr int GROUP = 4;
/** Rows that are scored together: enough to use a tile of weights often while it lies in the first cache. */
constexpr int BLOCK_ROWS = 48;
/** Rows whose gates are summed up together: as many sums as there are registers for. */
constexpr int TILE_ROWS = LANES == 16 ? 6 : 2;
/** The byte of an activation that is zero. */
constexpr int ZERO = 128;
constexpr float LARGEST = 127;
constexpr float SMALLEST = 1e-30f;
constexpr float LOG2_E = 1.44269504088896341f;
/** Of powers of two: beyond it a sigmoid is 0 or 1 in float32, and the square of 2^40 is still a number. */
constexpr float SATURATED = 40;
/** 2^x within [-1/2, 1/2], interpolated at the zeros of the sixth Chebyshev polynomial. */
constexpr float POLYNOMIAL[] = {1.0f,           0.693147188f,  0.240221075f,
                               0.0555035711f, 0.00967603192f, 0.00133908634f};

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

// ---------------------------------------------------------------------------------------------------------------
// Functions of vectors

/** 2^value: a power of two times a polynomial of what is left, which is off by 1 in 8 million at most. */
inline Floats powerOfTwo(Floats value) {
  const Floats most = Vector::broadcast(SATURATED);
  const Floats clamped = Vector::maximum(Vector::minimum(value, most), Vector::subtract(Vector::broadcast(0), most));
  const Floats exponent = Vector::round(clamped);
  const Floats rest = Vector::subtract(clamped, exponent);
  Floats sum = Vector::broadcast(POLYNOMIAL[5]);
  for (int power = 4; power >= 0; power--) sum = Vector::fused(sum, rest, Vector::broadcast(POLYNOMIAL[power]));
  return Vector::scale(sum, exponent);
}

inline Floats exponential(Floats value) { return powerOfTwo(Vector::multiply(value, Vector::broadcast(LOG2_E))); }

/** 1 / (1 + exp(-value)) */
inline Floats sigmoid(Floats value) {
  const Floats power = powerOfTwo(Vector::multiply(value, Vector::broadcast(-LOG2_E)));
  return Vector::reciprocal(Vector::add(Vector::broadcast(1), power));
}

/** sigmoid(gate) * tanh(value) = (1 - exp(-2 value)) / ((1 + exp(-gate)) (1 + exp(-2 value))) */
inline Floats gatedTanh(Floats gate, Floats value) {
  const Floats one = Vector::broadcast(1);
  const Floats ofGate = powerOfTwo(Vector::multiply(gate, Vector::broadcast(-LOG2_E)));
  const Floats ofValue = powerOfTwo(Vector::multiply(value, Vector::broadcast(-2 * LOG2_E)));
  const Floats divisor = Vector::multiply(Vector::add(one, ofGate), Vector::add(one, ofValue));
  return Vector::multiply(Vector::subtract(one, ofValue), Vector::reciprocal(divisor));
}

// ---------------------------------------------------------------------------------------------------------------
// Weights

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
    const int tiles = static_cast<int>(roundUp(hidden, LANES)) / LANES;
    groups = static_cast<int>(roundUp(rows, GROUP)) / GROUP;
    const size_t columns = static_cast<size_t>(tiles) * GATES * LANES;
    if (!values.allocate(columns * groups * GROUP) || !start.allocate(columns) || !scales.allocate(columns))
      return false;
    packColumns(columnScales, hidden, scaleFactor, scales);
    for (int row = 0; row < rows; row++) {
      for (int gate = 0; gate < GATES; gate++) {
        for (int unit = 0; unit < hidden; unit++) {
          const int8_t weight = matrix[(static_cast<size_t>(row) * GATES + gate) * hidden + unit];
          const size_t tile = unit / LANES;
          const size_t lane = unit % LANES;
          values[(((tile * groups + row / GROUP) * GATES + gate) * LANES + lane) * GROUP + row % GROUP] = weight;
          start[(tile * GATES + gate) * LANES + lane] -= ZERO * weight;
        }
      }
    }
    return true;
  }
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
    if (!recurrent.pack(weights.recurrent, weights.recurrent_scales, hidden, hidden, 1 / LARGEST)) return false;
    if (!bias.allocate(units * GATES) || !attention.allocate(units)) return false;
    packColumns(weights.bias, hidden, 1, bias);
    std::memcpy(attention.values, attentionWeights, hidden * sizeof(float));
    return true;
  }
};

/** The weights in this instruction set's layout, and what a block of rows needs. */
struct Network {
  NetworkWeights weights;
  int units;        // of a direction, in whole vectors
  int input_bytes;  // of a token's activations, in whole groups
  Direction directions[DIRECTIONS];
  Array<float> output;        // [maximum or attended, direction, label, units]
  Array<uint8_t> inputs;      // [rows, width, input_bytes]
  Array<float> input_scales;  // [rows, width]
  Array<float> states;        // [direction, rows, width, units]
  Array<float> shares;        // [width]: the attention of one row
  Array<float> cells;         // [rows, units]
  Array<uint8_t> hidden[2];   // [rows, units]: of the step before, and of this one
};

// ---------------------------------------------------------------------------------------------------------------
// Scoring

/** The rows of a batch that are scored together, the longest first. */
struct Block {
  const Batch& batch;
  int first;
  int rows;
  int width;

  int row(int i) const { return batch.order[first + i]; }
  int length(int i) const { return batch.lengths[row(i)]; }
};

/** Each token's embedding as bytes with a scale of its own. */
void quantiseInputs(Network& network, const Block& block) {
  const int embedding = network.weights.embedding;
  const int whole = embedding / LANES * LANES;
  alignas(64) float rest[LANES];
  for (int i = 0; i < block.rows; i++) {
    const int32_t* tokens = block.batch.tokens + static_cast<size_t>(block.row(i)) * block.batch.width;
    for (int step = 0; step < block.length(i); step++) {
      const float* values = network.weights.table + static_cast<size_t>(tokens[step]) * embedding;
      const size_t place = static_cast<size_t>(i) * block.width + step;
      std::memset(rest, 0, sizeof rest);
      std::memcpy(rest, values + whole, (embedding - whole) * sizeof(float));
      Floats magnitudes = Vector::absolute(Vector::load(rest));
      for (int k = 0; k < whole; k += LANES)
        magnitudes = Vector::maximum(magnitudes, Vector::absolute(Vector::load(values + k)));
      const float largest = Vector::largest(magnitudes);
      // An embedding of zeros, or of next to nothing, has no scale that could be divided by.
      const Floats factor = Vector::broadcast(largest > SMALLEST ? LARGEST / largest : 0);
      network.input_scales[place] = largest / LARGEST;
      uint8_t* bytes = network.inputs + place * network.input_bytes;
      for (int k = 0; k < whole; k += LANES)
        Vector::storeBytes(bytes + k, Vector::multiply(Vector::load(values + k), factor));
      Vector::storeBytes(bytes + whole, Vector::multiply(Vector::load(rest), factor));
    }
  }
}

/**
 * sums[row][gate] of the products of each row's bytes and a tile of weights, from the tile's start on. Unrolled whole, so
 * that the sums stay in registers.
 */
template <int ROWS>
inline void multiply(const uint8_t* const (&bytes)[ROWS], const PackedMatrix& matrix, int tile,
                     Integers (&result)[ROWS][GATES]) {
  const int32_t* start = matrix.start + static_cast<size_t>(tile) * GATES * LANES;
  Integers sums[ROWS][GATES];
#pragma GCC unroll 8
  for (int row = 0; row < ROWS; row++) {
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++) sums[row][gate] = Vector::load(start + gate * LANES);
  }
  const int8_t* weights = matrix.values + static_cast<size_t>(tile) * matrix.groups * GATES * LANES * GROUP;
  for (int group = 0; group < matrix.groups; group++) {
    Integers ofGate[GATES];
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++)
      ofGate[gate] = Vector::load(reinterpret_cast<const int32_t*>(weights + gate * LANES * GROUP));
    weights += GATES * LANES * GROUP;
#pragma GCC unroll 8
    for (int row = 0; row < ROWS; row++) {
      int32_t activations;
      std::memcpy(&activations, bytes[row] + group * GROUP, GROUP);
#pragma GCC unroll 8
      for (int gate = 0; gate < GATES; gate++)
        sums[row][gate] = Vector::dot(sums[row][gate], activations, ofGate[gate]);
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < ROWS; row++) {
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++) result[row][gate] = sums[row][gate];
  }
}

/** One step of a tile of rows and a tile of units: gates, cell, state. */
template <int ROWS>
void stepTile(Network& network, const Block& block, int which, int step, int firstRow, int tile) {
  const Direction& direction = network.directions[which];
  const int units = network.units;
  const Array<uint8_t>& before = network.hidden[step % 2];
  const Array<uint8_t>& after = network.hidden[(step + 1) % 2];
  const size_t column = static_cast<size_t>(tile) * GATES * LANES;
  size_t places[ROWS];
  const uint8_t* inputs[ROWS];
  const uint8_t* states[ROWS];
  for (int i = 0; i < ROWS; i++) {
    const int row = firstRow + i;
    const int position = which == 0 ? step : block.length(row) - 1 - step;
    places[i] = static_cast<size_t>(row) * block.width + position;
    inputs[i] = network.inputs + places[i] * network.input_bytes;
    states[i] = before + static_cast<size_t>(row) * units;
  }

  Integers sums[ROWS][GATES];
  multiply<ROWS>(inputs, direction.input, tile, sums);
  Floats gates[ROWS][GATES];
  for (int gate = 0; gate < GATES; gate++) {
    const Floats scales = Vector::load(direction.input.scales + column + gate * LANES);
    const Floats bias = Vector::load(direction.bias + column + gate * LANES);
    for (int i = 0; i < ROWS; i++) {
      const Floats scale = Vector::multiply(scales, Vector::broadcast(network.input_scales[places[i]]));
      gates[i][gate] = Vector::fused(Vector::toFloats(sums[i][gate]), scale, bias);
    }
  }
  multiply<ROWS>(states, direction.recurrent, tile, sums);
  for (int gate = 0; gate < GATES; gate++) {
    const Floats scales = Vector::load(direction.recurrent.scales + column + gate * LANES);
    for (int i = 0; i < ROWS; i++)
      gates[i][gate] = Vector::fused(Vector::toFloats(sums[i][gate]), scales, gates[i][gate]);
  }

  for (int i = 0; i < ROWS; i++) {
    const auto& [input, candidate, forget, output] = gates[i];
    const size_t unit = static_cast<size_t>(firstRow + i) * units + tile * LANES;
    const Floats cell = Vector::fused(sigmoid(forget), Vector::load(network.cells + unit), gatedTanh(input, candidate));
    const Floats state = gatedTanh(output, cell);
    Vector::store(network.cells + unit, cell);
    Vector::storeBytes(after + unit, Vector::multiply(state, Vector::broadcast(LARGEST)));
    const size_t ofDirection = static_cast<size_t>(which) * BLOCK_ROWS * block.width;
    Vector::store(network.states + (ofDirection + places[i]) * units + tile * LANES, state);
  }
}

/** The same for a number of rows that is known at run time only: at most those of a tile. */
template <int ROWS = TILE_ROWS>
void stepRows(Network& network, const Block& block, int which, int step, int first, int rows, int tile) {
  if (rows == ROWS) stepTile<ROWS>(network, block, which, step, first, tile);
  else if constexpr (ROWS > 1) stepRows<ROWS - 1>(network, block, which, step, first, rows, tile);
}

/** The states of one direction at all steps. */
void runDirection(Network& network, const Block& block, int which) {
  const size_t values = static_cast<size_t>(block.rows) * network.units;
  std::memset(network.cells.values, 0, values * sizeof(float));
  std::memset(network.hidden[0].values, ZERO, values);
  int active = block.rows;
  for (int step = 0; step < block.width; step++) {
    while (active > 0 && block.length(active - 1) <= step) active--;
    for (int tile = 0; tile < network.units / LANES; tile++) {
      for (int first = 0; first < active; first += TILE_ROWS) {
        const int rows = active - first < TILE_ROWS ? active - first : TILE_ROWS;
        stepRows(network, block, which, step, first, rows, tile);
      }
    }
  }
}

/** The attention's score of each of a row's states. */
void scoreStates(Network& network, const float* const (&states)[DIRECTIONS], int length) {
  for (int step = 0; step < length; step++) {
    Floats sum = Vector::broadcast(0);
    for (int which = 0; which < DIRECTIONS; which++) {
      const float* attention = network.directions[which].attention.values;
      const float* state = states[which] + static_cast<size_t>(step) * network.units;
      for (int unit = 0; unit < network.units; unit += LANES)
        sum = Vector::fused(Vector::load(state + unit), Vector::load(attention + unit), sum);
    }
    network.shares[step] = Vector::sum(sum);
  }
}

/** The softmax over time of scores, in their place. */
void softmax(float* scores, int length) {
  float largest = scores[0];
  for (int step = 1; step < length; step++) largest = scores[step] > largest ? scores[step] : largest;
  alignas(64) float part[LANES];
  float sum = 0;
  for (int step = 0; step < length; step += LANES) {
    const int count = length - step < LANES ? length - step : LANES;
    for (int i = 0; i < LANES; i++) part[i] = i < count ? scores[step + i] - largest : -SATURATED;
    Vector::store(part, exponential(Vector::load(part)));
    for (int i = 0; i < count; i++) sum += part[i];
    std::memcpy(scores + step, part, count * sizeof(float));
  }
  for (int step = 0; step < length; step++) scores[step] /= sum;
}

/** The maximum and the attended mean over time of a row's states, through the last layer. */
void poolRow(Network& network, const Block& block, int i, float* logits) {
  const int units = network.units;
  const int length = block.length(i);
  const float* states[DIRECTIONS];
  for (int which = 0; which < DIRECTIONS; which++)
    states[which] = network.states + (static_cast<size_t>(which) * BLOCK_ROWS + i) * block.width * units;
  scoreStates(network, states, length);
  softmax(network.shares.values, length);
  Floats sums[LABELS];
  for (int label = 0; label < LABELS; label++) sums[label] = Vector::broadcast(0);
  for (int which = 0; which < DIRECTIONS; which++) {
    for (int unit = 0; unit < units; unit += LANES) {
      Floats maximum = Vector::load(states[which] + unit);
      Floats attended = Vector::broadcast(0);
      for (int step = 0; step < length; step++) {
        const Floats state = Vector::load(states[which] + static_cast<size_t>(step) * units + unit);
        maximum = Vector::maximum(maximum, state);
        attended = Vector::fused(state, Vector::broadcast(network.shares[step]), attended);
      }
      for (int label = 0; label < LABELS; label++) {
        const float* ofMaximum = network.output + static_cast<size_t>(which * LABELS + label) * units + unit;
        const float* ofAttended = ofMaximum + DIRECTIONS * LABELS * units;
        sums[label] = Vector::fused(maximum, Vector::load(ofMaximum), sums[label]);
        sums[label] = Vector::fused(attended, Vector::load(ofAttended), sums[label]);
      }
    }
  }
  for (int label = 0; label < LABELS; label++)
    logits[block.row(i) * LABELS + label] = Vector::sum(sums[label]) + network.weights.output_bias[label];
}

bool makeRoom(Network& network, int width) {
  // The last one that is made: where one before it could not be, all are made anew.
  if (network.shares.size >= static_cast<size_t>(width)) return true;
  const size_t places = static_cast<size_t>(BLOCK_ROWS) * width;
  // Whole vectors are written at the end of a token's bytes.
  return network.inputs.allocate(places * network.input_bytes + LANES) && network.input_scales.allocate(places) &&
         network.states.allocate(places * DIRECTIONS * network.units) && network.shares.allocate(width);
}

void scoreBlock(Network& network, const Block& block, float* logits) {
  quantiseInputs(network, block);
  for (int which = 0; which < DIRECTIONS; which++) runDirection(network, block, which);
  for (int i = 0; i < block.rows; i++) poolRow(network, block, i, logits);
}

bool score(Kernel* kernel, const Batch& batch, float* logits) {
  Network& network = *reinterpret_cast<Network*>(kernel);
  for (int first = 0; first < batch.rows; first += BLOCK_ROWS) {
    const int rows = batch.rows - first < BLOCK_ROWS ? batch.rows - first : BLOCK_ROWS;
    const Block block{batch, first, rows, batch.lengths[batch.order[first]]};
    if (!makeRoom(network, block.width)) return false;
    scoreBlock(network, block, logits);
  }
  return true;
}

bool prepare(Network& network, const NetworkWeights& weights) {
  const int hidden = weights.hidden;
  network.weights = weights;
  network.units = static_cast<int>(roundUp(hidden, LANES));
  for (int which = 0; which < DIRECTIONS; which++) {
    const float* attention = weights.attention + which * hidden;
    if (!network.directions[which].pack(weights.directions[which], attention, weights.embedding, hidden)) return false;
  }
  network.input_bytes = network.directions[0].input.groups * GROUP;
  if (!network.output.allocate(static_cast<size_t>(2) * DIRECTIONS * LABELS * network.units)) return false;
  for (int part = 0; part < 2 * DIRECTIONS; part++)
    for (int unit = 0; unit < hidden; unit++)
      for (int label = 0; label < LABELS; label++)
        network.output[(static_cast<size_t>(part) * LABELS + label) * network.units + unit] =
            weights.output_kernel[(part * hidden + unit) * LABELS + label];
  const size_t values = static_cast<size_t>(BLOCK_ROWS) * network.units;
  return network.cells.allocate(values) && network.hidden[0].allocate(values) && network.hidden[1].allocate(values);
}

void destroy(Kernel* kernel) {
  reinterpret_cast<Network*>(kernel)->~Network();
  std::free(kernel);
}

Kernel* create(const NetworkWeights& weights) {
  void* memory = std::calloc(1, sizeof(Network));
  if (memory == nullptr) return nullptr;
  Kernel* kernel = static_cast<Kernel*>(memory);
  if (prepare(*static_cast<Network*>(memory), weights)) return kernel;
  destroy(kernel);
  return nullptr;
}

}  // namespace
