// For NODE_OPTIONS=--import: as if neither the kernels nor onnxruntime-node could be loaded, as on a machine without them.
import Module, { register } from 'node:module';

const hooks = `
export async function resolve(specifier, context, next) {
  if (specifier === 'onnxruntime-node') throw new Error('libonnxruntime.so.1: cannot open shared object file');
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
Module._extensions['.node'] = (_, file) => {
  throw new Error(`${file}: cannot open shared object file`);
};
