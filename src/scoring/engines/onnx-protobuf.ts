import protobuf from 'protobufjs/minimal.js';

/**
 * Writes ONNX models. Only the messages and fields of onnx.proto (IR version 8) that a graph of ours needs;
 * field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
type Writer = protobuf.Writer;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const IR_VERSION = 8;
const OPSET_VERSION = 17;
const MICROSOFT_OPSET_VERSION = 1;

export const ELEMENT_TYPE = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT_TYPE;

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Int32Array | BigInt64Array;
}

/** A graph input or output; a string names a dimension that is known at run time only. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxNode {
  readonly operator: string;
  readonly domain?: 'com.microsoft';
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

/** The bytes of a ModelProto that holds the graph. Numbers among the attributes are integers. */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  const model = protobuf.Writer.create();
  integer(model, 1, IR_VERSION);
  text(model, 2, 'sentiflux');
  message(model, 7, (writer) => writeGraph(writer, graph));
  message(model, 8, (writer) => integer(text(writer, 1, ''), 2, OPSET_VERSION));
  message(model, 8, (writer) => integer(text(writer, 1, 'com.microsoft'), 2, MICROSOFT_OPSET_VERSION));
  return model.finish();
}

function writeGraph(writer: Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, graph.name);
  for (const tensor of graph.initializers) message(writer, 5, (inner) => writeTensor(inner, tensor));
  for (const input of graph.inputs) message(writer, 11, (inner) => writeValue(inner, input));
  for (const output of graph.outputs) message(writer, 12, (inner) => writeValue(inner, output));
}

function writeNode(writer: Writer, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(writer, 5, (inner) => writeAttribute(inner, name, value));
  }
  if (node.domain !== undefined) text(writer, 7, node.domain);
}

function writeAttribute(writer: Writer, name: string, value: number | string | readonly number[]): void {
  const [integerType, stringType, integersType] = [2, 3, 7];
  text(writer, 1, name);
  if (typeof value === 'number') {
    integer(integer(writer, 3, value), 20, integerType);
  } else if (typeof value === 'string') {
    integer(text(writer, 4, value), 20, stringType);
  } else {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, integersType);
  }
}

function writeTensor(writer: Writer, tensor: OnnxTensor): void {
  for (const extent of tensor.shape) integer(writer, 1, extent);
  integer(writer, 2, ELEMENT_TYPE[tensor.type]);
  text(writer, 8, tensor.name);
  const { buffer, byteOffset, byteLength } = tensor.data;
  writer.uint32(tag(9, LENGTH_DELIMITED)).bytes(new Uint8Array(buffer, byteOffset, byteLength));
}

function writeValue(writer: Writer, value: OnnxValue): void {
  text(writer, 1, value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensorType) => {
      integer(tensorType, 1, ELEMENT_TYPE[value.type]);
      message(tensorType, 2, (shape) => {
        for (const extent of value.shape) {
          message(shape, 1, (dimension) =>
            typeof extent === 'number' ? integer(dimension, 1, extent) : text(dimension, 2, extent),
          );
        }
      });
    }),
  );
}

const tag = (field: number, wireType: number) => (field << 3) | wireType;

function integer(writer: Writer, field: number, value: number): Writer {
  return writer.uint32(tag(field, VARINT)).int64(value);
}

function text(writer: Writer, field: number, value: string): Writer {
  return writer.uint32(tag(field, LENGTH_DELIMITED)).string(value);
}

function message(writer: Writer, field: number, write: (inner: Writer) => unknown): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).fork();
  write(writer);
  writer.ldelim();
}
