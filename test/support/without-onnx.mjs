// For NODE_OPTIONS=--import: as if onnxruntime-node could not be loaded, as on a machine without its library.
import { register } from 'node:module';

const hooks = `
export async function resolve(specifier, context, next) {
  if (specifier === 'onnxruntime-node') throw new Error('libonnxruntime.so.1: cannot open shared object file');
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
